"""Format: the description of a format of import and export."""

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
    """A file format.

    `read` yields the items of a file lazily; it may raise READ_ERRORS and Undecodable. `write` writes articles to a
    file or folder; it may raise OSError and CannotWrite. A format has at least one of them. `suffixes` are in lower
    case and include the dot. `description` is a phrase for lists of formats."""

    name: str
    description: str
    suffixes: tuple[str, ...] = ()
    read: Reader | None = None
    write: Writer | None = None
