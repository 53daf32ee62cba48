"""What a format of import and export is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.article import Article
from archive.exchange.item import Item, Unreadable
from archive.exchange.source_files import Source

Reader = Callable[[Source], Iterator[Item | Unreadable]]
Writer = Callable[[Iterator[Article], Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of files.

    `read` yields the items of a file lazily; it may raise READ_ERRORS and Undecodable. `write` writes
    articles to a file or folder; it may raise OSError and CannotWrite. A format has one of them or both.
    `suffixes` are in lower case, with their dot. `description` is a phrase for lists of formats."""

    name: str
    description: str
    suffixes: tuple[str, ...] = ()
    read: Reader | None = None
    write: Writer | None = None
