"""What every command needs: settings, an opened Dateline, and a way to show progress."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from archive.errors import ArchiveOutdated
from service.dateline import Dateline
from service.settings import read_settings
from service.wiring import open_dateline


@contextmanager
def opened() -> Iterator[Dateline]:
    """The Dateline that the settings name. An archive that is not there yet is begun."""
    settings = read_settings()
    try:
        dateline = open_dateline(settings, checkpoints=True)
    except ArchiveOutdated:
        if settings.database_url:
            raise
        dateline = open_dateline(settings, checkpoints=True, migrate=True)
    try:
        yield dateline
    finally:
        dateline.close()


def progress_bar() -> Progress:
    """On a terminal a bar on stderr, elsewhere nothing."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def numbered(count: int, one: str, many: str) -> str:
    """`1 article`, `12,408 articles`."""
    return f"{count:,} {one if count == 1 else many}"
