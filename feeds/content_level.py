"""Whether feeds carry whole articles or summaries: a site-wide default, with exceptions per list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

DEFAULT = "default"  # the default's key when levels are given as a table

# Pages of lists and of searches. Not taken from feeds.spec: every process reads the settings, and feeds.spec would load
# the article modules with it.
_PAGE = re.compile(r"/(?:(?:sections|tags|authors)/(?:[^/]+/)?|search/|\d{4}/(?:\d{2}/){0,2})?", re.ASCII)


class ContentLevel(StrEnum):
    FULL = "full"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class ContentLevels:
    """The content level of every feed: a default, and exceptions by list page.

    `/tags/wheat/` covers the feed of one tag, `/tags/` the feeds of all tags, `/2023/` those of a year, its months and
    its days, and `/` the site feed with its archive documents. The longest matching page wins. `str()` gives a text
    that `read_content_levels` parses."""

    default: ContentLevel = ContentLevel.FULL
    others: tuple[tuple[str, ContentLevel], ...] = ()

    def of(self, folder: str) -> ContentLevel:
        """The level of the feed in a folder such as `/tags/wheat/`."""
        matching = [(len(page), level) for page, level in self.others if _covers(page, folder)]
        return max(matching, default=(0, self.default))[1]

    def __str__(self) -> str:
        return "; ".join([self.default, *(f"{page}: {level}" for page, level in self.others)])


def read_content_levels(value: object) -> ContentLevels:
    """Parses `summary`, `full; /tags/wheat/: summary`, or the same settings as a table.

    Raises ValueError for any other value."""
    if isinstance(value, str):
        value = dict(_page_and_level(part) for part in value.split(";"))
    if not isinstance(value, Mapping):
        raise ValueError("must be full or summary")  # noqa: TRY004  # an invalid setting, as all others
    table = {unquote(str(page)): ContentLevel(str(level)) for page, level in value.items()}
    default = table.pop(DEFAULT, ContentLevel.FULL)
    for page in table:
        if not _PAGE.fullmatch(page):
            raise ValueError(f"{page} is not a list page with a feed")
    return ContentLevels(default, tuple(sorted(table.items())))


def _page_and_level(part: str) -> tuple[str, str]:
    page, colon, level = part.strip().rpartition(":")
    return (page.strip(), level.strip()) if colon else (DEFAULT, level)


def _covers(page: str, folder: str) -> bool:
    return folder == page if page == "/" else folder.startswith(page)
