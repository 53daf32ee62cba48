"""Whether a feed carries whole articles or summaries. The site chooses for all feeds, and for single lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

DEFAULT = "default"  # key of the default in a table

# Pages of lists and of searches. A pattern of its own, not feeds.spec: every process reads the settings, and the
# article's vocabulary would be loaded with it.
_PAGE = re.compile(r"/(?:(?:sections|tags|authors)/(?:[^/]+/)?|search/|\d{4}/(?:\d{2}/){0,2})?", re.ASCII)


class ContentLevel(StrEnum):
    FULL = "full"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class ContentLevels:
    """The content level of every feed: a default, and exceptions by the page of a list.

    `/tags/wheat/` is the feed of one tag, `/tags/` those of all tags, `/2023/` those of a year, its months and its
    days, and `/` the site's own feed with its archive. The longest page that matches counts. `str()` gives a text that
    `read_content_levels` reads."""

    default: ContentLevel = ContentLevel.FULL
    others: tuple[tuple[str, ContentLevel], ...] = ()

    def of(self, folder: str) -> ContentLevel:
        """The level of the feed in a folder."""
        named = [(len(page), level) for page, level in self.others if _covers(page, folder)]
        return max(named, default=(0, self.default))[1]

    def __str__(self) -> str:
        return "; ".join([self.default, *(f"{page}: {level}" for page, level in self.others)])


def read_content_levels(said: object) -> ContentLevels:
    """From `summary`, from `full; /tags/wheat/: summary`, or from the same as a table.

    Raises ValueError for what cannot be read."""
    if isinstance(said, str):
        said = dict(_named(part) for part in said.split(";"))
    if not isinstance(said, Mapping):
        raise ValueError("must be full or summary")  # noqa: TRY004  # a value that cannot be read, as all others
    table = {unquote(str(page)): ContentLevel(str(level)) for page, level in said.items()}
    default = table.pop(DEFAULT, ContentLevel.FULL)
    for page in table:
        if not _PAGE.fullmatch(page):
            raise ValueError(f"{page} is not the page of a list that has a feed")
    return ContentLevels(default, tuple(sorted(table.items())))


def _named(part: str) -> tuple[str, str]:
    page, colon, level = part.strip().rpartition(":")
    return (page.strip(), level.strip()) if colon else (DEFAULT, level)


def _covers(page: str, folder: str) -> bool:
    return folder == page if page == "/" else folder.startswith(page)
