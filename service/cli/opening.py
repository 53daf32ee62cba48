"""What the commands share: an opened Dateline, a progress bar, and words for results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from archive.errors import ArchiveOutdated
from service.dateline import Dateline
from service.settings import read_settings
from service.wiring import open_dateline


@contextmanager
def opened() -> Iterator[Dateline]:
    """The Dateline that the settings describe. Creates a SQLite archive that does not exist yet, or migrates it."""
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
    """A bar on stderr if that is a terminal, otherwise nothing."""
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


def report_findings(findings: list[str], all_well: str) -> None:
    """Print the findings and exit with 1; `all_well` if there are none."""
    for finding in findings:
        click.echo(finding)
    if findings:
        click.echo(f"dateline: {numbered(len(findings), 'finding', 'findings')}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(all_well)


def numbered(count: int, one: str, many: str) -> str:
    """`1 article`, `12,408 articles`."""
    return f"{count:,} {one if count == 1 else many}"
