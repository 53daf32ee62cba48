"""Which segments to merge next."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from archive.search.whoosh.reader import LiveSegment
from archive.search.whoosh.segment.entry import SegmentEntry

MERGE_FACTOR: Final = 8  # segments of about the same size that are merged into one
MAX_MERGED: Final = 500_000  # documents of a merged segment; a segment with more than an eighth of that is left alone
MAX_DELETED: Final = 0.25  # of a segment's documents; with more, it is written anew


def live_documents(segments: Iterable[LiveSegment]) -> int:
    """The documents that a merge would write, tombstones included."""
    return sum(part.segment.documents - len(part.deleted) for part in segments)


def segments_to_merge(entries: Sequence[SegmentEntry], *, is_built: bool) -> list[SegmentEntry]:
    """The segments of the smallest size of which there are too many; else one with too many deleted documents.

    Of the largest size, two are too many as soon as the index is built (`is_built`): an index of tens of thousands of
    articles is then one segment, with one posting list a term."""
    by_size: dict[int, list[SegmentEntry]] = defaultdict(list)
    largest = max(map(_size, entries), default=0)
    for entry in entries:
        if entry.live_count <= MAX_MERGED // MERGE_FACTOR:
            by_size[_size(entry)].append(entry)
    for size, of_size in sorted(by_size.items()):
        if len(of_size) >= (2 if is_built and size == largest else MERGE_FACTOR):
            return of_size
    return [entry for entry in entries if entry.deleted > MAX_DELETED * entry.documents][:1]


def _size(entry: SegmentEntry) -> int:
    """The logarithm of the live documents, to the base MERGE_FACTOR, rounded down."""
    return int(math.log(max(entry.live_count, 1), MERGE_FACTOR))
