"""The embedded index as of one commit, and what is kept in memory of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from archive.search import analysis
from archive.search.whoosh.segment.segment import Segment

if TYPE_CHECKING:
    from archive.search.whoosh.searching.doc_values import Columns


T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Part:
    """A segment as of one commit: without the documents that were replaced since."""

    segment: Segment
    deleted: frozenset[int]

    @cached_property
    def hidden(self) -> frozenset[int]:
        return self.deleted | self.segment.rows.tombstones

    @property
    def living(self) -> int:
        return int(self.segment.documents) - len(self.hidden)

    def documents(self) -> Iterator[int]:
        """Those that can be found."""
        return (document for document in range(self.segment.documents) if document not in self.hidden)


class Snapshot:
    """The index as of one commit. All figures are those of the living documents, however they are spread."""

    def __init__(self, position: int, parts: Sequence[Part]) -> None:
        self.position = position
        self.key = object()  # what is kept of this snapshot as a whole is kept under it
        self.parts = tuple(parts)
        self.living = sum(part.living for part in parts)

    @cached_property
    def languages(self) -> frozenset[str]:
        """By whose rules its articles were analysed; a query is analysed by all of them."""
        tags = {tag for part in self.parts for tag in part.segment.languages}
        return frozenset(map(analysis.language_of, tags)) or frozenset((analysis.ENGLISH,))

    @cached_property
    def columns(self) -> Columns:
        from archive.search.whoosh.searching.doc_values import Columns

        return Columns(self.parts)
