"""Snapshots: the index as of one commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from archive.search import analysis
from archive.search.whoosh.segment.segment import Segment


@dataclass(frozen=True, eq=False)
class LiveSegment:
    """A segment as of one commit. `deleted`: documents replaced by later revisions since it was written."""

    segment: Segment
    deleted: frozenset[int]

    @cached_property
    def not_live(self) -> frozenset[int]:
        """Documents that cannot be found: deleted ones and tombstones."""
        return self.deleted | self.segment.rows.tombstones

    @property
    def live_count(self) -> int:
        return int(self.segment.documents) - len(self.not_live)

    def live_documents(self) -> Iterator[int]:
        return (document for document in range(self.segment.documents) if document not in self.not_live)


class Snapshot:
    """The index as of one commit. Search results depend on its live documents only, not on their segments."""

    def __init__(self, position: int, segments: Sequence[LiveSegment]) -> None:
        self.position = position
        self.key = object()  # the first item of cache keys for data of the whole snapshot
        self.segments = tuple(segments)
        self.live_count = sum(part.live_count for part in segments)
        self.deleted_count = sum(len(part.deleted) for part in segments)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that the articles were analysed in. Queries are analysed in each of them."""
        tags = {tag for part in self.segments for tag in part.segment.languages}
        return frozenset(map(analysis.language_of, tags)) or frozenset((analysis.ENGLISH,))
