"""Loads the writer of each format. A table line with a missing module, or one without a `WRITER`, fails at import."""

from __future__ import annotations

from importlib import import_module

from feeds.format import FORMATS, Format
from feeds.formats.writer import Writer

_writers: dict[Format, Writer] = {}


def writer_of(feed_format: Format) -> Writer:
    """The `WRITER` of the format's module. Raises TypeError if it has none, ImportError if there is no such module."""
    if feed_format not in _writers:
        writer = getattr(import_module(feed_format.module), "WRITER", None)
        if not isinstance(writer, Writer):
            raise TypeError(f"{feed_format.module} must define WRITER, a feeds.formats.writer.Writer")
        _writers[feed_format] = writer
    return _writers[feed_format]


for _format in FORMATS.values():
    writer_of(_format)
