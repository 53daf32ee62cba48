"""The merge policy: which segments to merge next."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from archive.search.whoosh.reader import LiveSegment
from archive.search.whoosh.segment.entry import SegmentEntry

MERGE_FACTOR: Final = 8  # segments of about the same size that are merged into one
MAX_MERGED: Final = 500_000  # documents in a merged segment; larger segments than an eighth of this are not merged
MAX_DELETED: Final = 0.25  # share of deleted documents; a segment with more is rewritten


def live_documents(segments: Iterable[LiveSegment]) -> int:
    """The number of documents that a merge would write, tombstones included."""
    return sum(part.segment.documents - len(part.deleted) for part in segments)


def segments_to_merge(entries: Sequence[SegmentEntry], *, is_built: bool) -> list[SegmentEntry]:
    """The segments of the smallest size class with at least MERGE_FACTOR of them; else one segment with too many
    deleted documents; else none.

    Once the index is complete (`is_built`), two segments of the largest size class are merged: an index of tens of
    thousands of articles is then a single segment, with one posting list per term."""
    by_size: dict[int, list[SegmentEntry]] = defaultdict(list)
    largest = max(map(_size, entries), default=0)
    for entry in entries:
        if entry.live_count <= MAX_MERGED // MERGE_FACTOR:
            by_size[_size(entry)].append(entry)
    for size, segments in sorted(by_size.items()):
        if len(segments) >= (2 if is_built and size == largest else MERGE_FACTOR):
            return segments
    return [entry for entry in entries if entry.deleted > MAX_DELETED * entry.documents][:1]


def _size(entry: SegmentEntry) -> int:
    """The size class: the logarithm to base MERGE_FACTOR of the number of live documents, rounded down."""
    return int(math.log(max(entry.live_count, 1), MERGE_FACTOR))
