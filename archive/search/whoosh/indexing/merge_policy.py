"""Which segments are merged next."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from archive.search.whoosh.reader import Part
from archive.search.whoosh.segment.entry import Entry

FAN: Final = 8  # segments of about one size that are merged into one
LARGEST_MERGED: Final = 500_000  # documents, of FAN segments together; what is larger than one of them is left alone
MOST_DEAD: Final = 0.25  # of a segment's documents; beyond, it is written anew


def live_count(parts: Iterable[Part]) -> int:
    return sum(part.segment.documents - len(part.deleted) for part in parts)


def segments_to_merge(entries: Sequence[Entry], *, is_built: bool) -> list[Entry]:
    """The smallest size of which there are too many; else one segment with too many dead.

    Of the largest size, two are too many as soon as the index is built: one of tens of thousands of articles is then
    searched in one piece, and a word of it stands in one place."""
    by_size: dict[int, list[Entry]] = defaultdict(list)
    largest = max(map(_size, entries), default=0)
    for entry in entries:
        if entry.living <= LARGEST_MERGED // FAN:
            by_size[_size(entry)].append(entry)
    for size, alike in sorted(by_size.items()):
        if len(alike) >= (2 if is_built and size == largest else FAN):
            return alike
    return [entry for entry in entries if entry.deleted > MOST_DEAD * entry.documents][:1]


def _size(entry: Entry) -> int:
    """In powers of FAN."""
    return int(math.log(max(entry.living, 1), FAN))
