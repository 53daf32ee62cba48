"""The formats that can be imported. A new one is one module and one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from archive.exchange.formats import jsonl, markdown, text
from archive.exchange.item import Item, Unreadable
from archive.exchange.source_files import Source

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class Format:
    """`read` gives the items of a file lazily; it may raise files.DAMAGED and items.Undecodable."""

    read: Callable[[Source], Iterator[Item | Unreadable]]
    suffixes: tuple[str, ...]


FORMATS: Final[Mapping[str, Format]] = {
    "text": Format(text.read, text.SUFFIXES),
    "markdown": Format(markdown.read, markdown.SUFFIXES),
    "jsonl": Format(jsonl.read, jsonl.SUFFIXES),
}
NAMES: Final = (AUTO, *FORMATS)


def of_file(name: str, format_name: str) -> Format | None:
    """The format of a file that was asked for by name; None where `auto` cannot tell."""
    if format_name != AUTO:
        return FORMATS[format_name]
    suffix = PurePath(name).suffix.lower()
    return next((one for one in FORMATS.values() if suffix in one.suffixes), None)


def accepts(name: str, format_name: str) -> bool:
    """Whether a file that lies in a folder is for this import.

    A format that was asked for also takes files whose names say nothing."""
    suffix = PurePath(name).suffix.lower()
    if format_name != AUTO:
        return suffix in FORMATS[format_name].suffixes or not suffix
    return of_file(name, AUTO) is not None
