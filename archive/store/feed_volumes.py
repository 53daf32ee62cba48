"""How the archive of the site's feed is divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.period import Period
from archive.store.changes import Lease
from archive.store.listings import SortKey


@dataclass(frozen=True, slots=True)
class Volume:
    """One document of the archive of the site's feed: the articles of a month from `first` on, up to the next
    volume of the same month. None: from the month's beginning. The number stays when the bounds move."""

    month: Period
    number: int
    first: SortKey | None = None


class FeedVolumes(Protocol):
    """The documents that the archive of the site's feed is divided into."""

    def all(self) -> Sequence[Volume]:
        """Oldest first."""
        ...

    def put(self, volumes: Sequence[Volume], lease: Lease) -> None:
        """Add volumes, or move the bounds of those with the same month and number. Raises LeaseLost."""
        ...
