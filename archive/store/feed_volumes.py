"""How the archive of the site's feed (RFC 5005 §4) is divided into documents: the volumes of a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.period import Period
from archive.store.changes import Lease
from archive.store.listings import SortKey


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """The bounds of one archive document (RFC 5005 §4): the articles of a month from `first` on.

    It ends where the next document of the same month begins. `first` is None for the beginning of the month.
    `number` counts the documents of a month from 1, and stays when the bounds move."""

    month: Period
    number: int
    first: SortKey | None = None


class FeedVolumes(Protocol):
    """The documents that the archive of the site's feed is divided into."""

    def all(self) -> Sequence[ArchiveDocument]:
        """Oldest first."""
        ...

    def put(self, volumes: Sequence[ArchiveDocument], lease: Lease) -> None:
        """Add volumes, or move the bounds of those with the same month and number. Raises LeaseLost."""
        ...
