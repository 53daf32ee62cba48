"""Reads the items of files and folders, in the formats of the registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.errors import Problem
from archive.exchange.formats import registry
from archive.exchange.item import Item, Undecodable, Unreadable
from archive.exchange.report import Report
from archive.exchange.source_files import READ_ERRORS, Skipped, Source, find_sources, read_problem


class PathReader:
    """Reads the items of some paths. `bytes_read` is the number of bytes of the files on disk read so far."""

    def __init__(self, paths: Sequence[Path], format_name: str, report: Report) -> None:
        self.paths = paths
        self.format_name = format_name
        self.report = report
        self._finished_bytes = 0
        self._source: Source | None = None

    @property
    def bytes_read(self) -> int:
        return self._finished_bytes + (self._source.bytes_read if self._source else 0)

    def items(self) -> Iterator[Item | Unreadable]:
        """All items, lazily. Skipped files are counted in the report."""
        for source in find_sources(self.paths, lambda name: registry.accepts(name, self.format_name)):
            match source:
                case Skipped():
                    self.report.skipped += 1
                case Unreadable():
                    yield source
                case Source():
                    self._source = source
                    yield from self._items_of(source)
                    self._source = None

    def _items_of(self, source: Source) -> Iterator[Item | Unreadable]:
        read = registry.reader_of(source.name, self.format_name)
        if read is None:
            known = ", ".join(registry.importable())
            message = f"its format cannot be determined from its name; give one of the formats: {known}"
            yield Unreadable(source.location, (Problem("file", message),))
            return
        try:
            yield from read(source)
            self._finished_bytes += source.path.stat().st_size
        except Undecodable as error:
            yield Unreadable(source.location, (error.problem,))
        except READ_ERRORS as error:
            yield Unreadable(source.location, (read_problem(error),))


def total_bytes(paths: Sequence[Path], *, format_name: str = registry.AUTO) -> int:
    """The size of the files in these paths on disk: the final `bytes_read` of a PathReader."""
    total = 0
    for source in find_sources(paths, lambda name: registry.accepts(name, format_name)):
        if isinstance(source, Source):
            try:
                total += source.path.stat().st_size
            except OSError:
                continue
    return total
