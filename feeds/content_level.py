"""How much of an article a feed carries: its whole content or its summary, as the site sets it for each feed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

DEFAULT = "default"  # its name in a table

# The pages of feeds.spec and of searches, without the article's vocabulary: every process reads the settings.
_PAGE = re.compile(r"/(?:(?:sections|tags|authors)/(?:[^/]+/)?|search/|\d{4}/(?:\d{2}/){0,2})?", re.ASCII)


class Extent(StrEnum):
    FULL = "full"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Extents:
    """What feeds carry, and which ones carry something else.

    `others` go by the page of a list: `/tags/wheat/` is the feed of one tag, `/tags/` that of every tag,
    `/2023/` that of a year, its months and its days, and `/` that of the site alone, with its history.
    The longest one counts. Its string is what `read_extents` reads."""

    default: Extent = Extent.FULL
    others: tuple[tuple[str, Extent], ...] = ()

    def of(self, folder: str) -> Extent:
        """What the feed in a folder carries."""
        named = [(len(page), extent) for page, extent in self.others if _holds(page, folder)]
        return max(named, default=(0, self.default))[1]

    def __str__(self) -> str:
        return "; ".join([self.default, *(f"{page}: {extent}" for page, extent in self.others)])


def read_extents(said: object) -> Extents:
    """From `summary`, from `full; /tags/wheat/: summary`, or from the same as a table.

    Raises ValueError for what cannot be read."""
    if isinstance(said, str):
        said = dict(_named(part) for part in said.split(";"))
    if not isinstance(said, Mapping):
        raise ValueError("must be full or summary")  # noqa: TRY004  # a value that cannot be read, as all others
    table = {unquote(str(page)): Extent(str(extent)) for page, extent in said.items()}
    default = table.pop(DEFAULT, Extent.FULL)
    for page in table:
        if not _PAGE.fullmatch(page):
            raise ValueError(f"{page} is not the page of a list that has a feed")
    return Extents(default, tuple(sorted(table.items())))


def _named(part: str) -> tuple[str, str]:
    page, colon, extent = part.strip().rpartition(":")
    return (page.strip(), extent.strip()) if colon else (DEFAULT, extent)


def _holds(page: str, folder: str) -> bool:
    return folder == page if page == "/" else folder.startswith(page)
