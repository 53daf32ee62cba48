"""The search engines: one line each."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from archive.search.index import SearchIndex

# The scheme of DATELINE_SEARCH_URL, and the module that offers `open_index` (an Opener). A module is imported when an
# index is opened, so that reading the settings loads no engine.
ENGINES: Final = {
    "whoosh": "archive.search.whoosh.index",
}
DEFAULT: Final = "whoosh:"


class Opener(Protocol):
    """Opens the index that an address names. Opening makes nothing and finds no fault; using the index may.

    `location`: the address after its scheme and colon, perhaps empty. `folder`: where an engine that keeps files does
    so if the location names no other place. `recency`: the share of itself by which the score of the newest article
    grows; that of an article a year older grows by half of that."""

    def __call__(self, location: str, *, folder: Path, recency: float) -> SearchIndex: ...


def has_engine(url: str) -> bool:
    """Whether the scheme of an address is in the table."""
    return ":" in url and url.partition(":")[0] in ENGINES


def open_index(url: str, *, folder: Path, recency: float) -> SearchIndex:
    """The index at an address that `has_engine` accepts, or the default engine's for an empty one."""
    scheme, _, location = (url or DEFAULT).partition(":")
    opener = cast("Opener", import_module(ENGINES[scheme]).open_index)
    return opener(location, folder=folder, recency=recency)
