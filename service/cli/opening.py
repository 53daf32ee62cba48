"""Shared by the commands: opening a Dateline, the progress bar, printing results."""

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
    """Open the Dateline of the settings. Creates or migrates the SQLite archive of the data folder if necessary."""
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
    """A progress bar on stderr; disabled if stderr is not a terminal."""
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
    """Print the findings and exit with 1. If there are none, print `all_well`."""
    for finding in findings:
        click.echo(finding)
    if findings:
        click.echo(f"dateline: {pluralize(len(findings), 'finding', 'findings')}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(all_well)


def pluralize(count: int, one: str, many: str) -> str:
    """`1 article`, `12,408 articles`."""
    return f"{count:,} {one if count == 1 else many}"
