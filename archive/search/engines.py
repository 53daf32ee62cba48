"""The table of search engines, one line each."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from archive.search.index import SearchIndex

# By scheme of DATELINE_SEARCH_URL, the module with `open_index` (an Opener). A module is imported when an index is
# opened, so that reading the settings loads no engine.
ENGINES: Final = {
    "whoosh": "archive.search.whoosh.index",
}
DEFAULT: Final = "whoosh:"


class Opener(Protocol):
    """Opens the index at a URL. Opening neither creates files nor reports errors; using the index may.

    `location`: the URL after scheme and colon, possibly empty. `folder`: the folder for the engine's files if the
    location names none. `recency`: the score of the newest article is multiplied by 1 + `recency`; the boost halves
    with every year of age."""

    def __call__(self, location: str, *, folder: Path, recency: float) -> SearchIndex: ...


def has_engine(url: str) -> bool:
    """Whether ENGINES has the scheme of a URL."""
    return ":" in url and url.partition(":")[0] in ENGINES


def open_index(url: str, *, folder: Path, recency: float) -> SearchIndex:
    """The index at a URL that `has_engine` accepts; the default engine's index for an empty URL."""
    scheme, _, location = (url or DEFAULT).partition(":")
    opener = cast("Opener", import_module(ENGINES[scheme]).open_index)
    return opener(location, folder=folder, recency=recency)
