"""How the archive of the site's feed is divided."""

from __future__ import annotations

from dataclasses import dataclass

from archive.period import Period
from archive.store.articles import Place


@dataclass(frozen=True, slots=True)
class Volume:
    """One document of the archive of the site's feed: the articles of a month from `first` on, up to the next
    volume of the same month. None: from the month's beginning. The number stays when the bounds move."""

    month: Period
    number: int
    first: Place | None = None
