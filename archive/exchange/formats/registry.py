"""The table of formats of import and export. A new format is one module in this folder and one entry here."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from archive.errors import DatelineError
from archive.exchange.formats import jsonl, markdown, text
from archive.exchange.formats.format import Format, Reader, Writer

AUTO: Final = "auto"  # determine the format of each file by its suffix

FORMATS: Final[dict[str, Format]] = {
    format_.name: format_
    for format_ in (
        Format(
            name="text",
            description="plain text, one article per file",
            suffixes=(".txt", ".text"),
            read=text.read,
        ),
        Format(
            name="markdown",
            description="Markdown with front matter, one article per file",
            suffixes=(".md", ".markdown", ".mdown", ".mkd"),
            read=markdown.read,
            write=markdown.write,
        ),
        Format(
            name="jsonl",
            description="JSON Lines, one article per line",
            suffixes=(".jsonl", ".ndjson"),
            read=jsonl.read,
            write=jsonl.write,
        ),
    )
}


class UnknownFormat(DatelineError):
    """No format has this name, or it cannot be read or written."""

    code = "unknown_format"

    def __init__(self, name: str, known: dict[str, Format]) -> None:
        super().__init__(f"{name!r} is not a known format; the formats are {', '.join(known)}")


def importable() -> dict[str, Format]:
    """The formats that can be read, by name."""
    return {name: format_ for name, format_ in FORMATS.items() if format_.read is not None}


def exportable() -> dict[str, Format]:
    """The formats that can be written, by name."""
    return {name: format_ for name, format_ in FORMATS.items() if format_.write is not None}


def reader_of(file_name: str, format_name: str) -> Reader | None:
    """The reader of the named format or, for AUTO, of the file's suffix; None if no format has the suffix.

    Raises UnknownFormat."""
    if format_name != AUTO:
        return _named(format_name).read
    suffix = PurePath(file_name).suffix.lower()
    return next((format_.read for format_ in importable().values() if suffix in format_.suffixes), None)


def accepts(file_name: str, format_name: str) -> bool:
    """Whether an import reads a file with this name in a folder. Raises UnknownFormat.

    With a named format, files without a suffix are accepted as well."""
    if format_name == AUTO:
        return reader_of(file_name, AUTO) is not None
    suffix = PurePath(file_name).suffix.lower()
    return suffix in _named(format_name).suffixes or not suffix


def writer_of(format_name: str) -> Writer:
    """The writer of a format. Raises UnknownFormat if there is no such format, or if it cannot be written."""
    format_ = FORMATS.get(format_name)
    if format_ is None or format_.write is None:
        raise UnknownFormat(format_name, exportable())
    return format_.write


def _named(format_name: str) -> Format:
    format_ = FORMATS.get(format_name)
    if format_ is None or format_.read is None:
        raise UnknownFormat(format_name, importable())
    return format_
