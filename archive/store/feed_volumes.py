"""The port for the archive documents of the site's feed (RFC 5005 §4): where each one begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.period import Period
from archive.store.changes import Lease
from archive.store.listings import SortKey


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """The bounds of one archive document (RFC 5005 §4): the articles of a month from the sort key `first` on.

    It ends where the next document of the same month begins; `first` is None if it begins with the month. `number`
    counts the documents of a month from 1, and does not change when the bounds move."""

    month: Period
    number: int
    first: SortKey | None = None


class FeedVolumes(Protocol):
    """The documents that the archive of the site's feed consists of."""

    def all(self) -> Sequence[ArchiveDocument]:
        """All documents, oldest first."""
        ...

    def put(self, documents: Sequence[ArchiveDocument], lease: Lease) -> None:
        """Add documents, or move the bounds of those with the same month and number.

        Raises LeaseLost, and stores nothing, if the lease is stale."""
        ...
