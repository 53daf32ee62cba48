"""`dateline import`: read articles from files."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType
from typing import Final

import click

from archive.exchange.formats.registry import AUTO, importable
from archive.exchange.importer import import_paths
from archive.exchange.path_reader import total_bytes
from archive.exchange.report import Progress, Report
from service.cli.formats import FormatName, FormatsCommand
from service.cli.opening import opened, pluralize, progress_bar

INTERRUPTED: Final = 130  # exit code, as in shells
MAX_SHOWN: Final = 50  # failures, and notes, on a terminal


def _descriptions() -> dict[str, str]:
    """The formats that can be imported, by name."""
    formats = {name: f"{one.description} ({', '.join(one.suffixes)})" for name, one in importable().items()}
    return {AUTO: "by the suffix of each file", **formats}


@click.command("import", cls=FormatsCommand)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "format_name", default=AUTO, type=FormatName(_descriptions), show_default=True)
@click.option("--dry-run", is_flag=True, help="report the result without saving anything")
def import_(paths: tuple[Path, ...], format_name: str, dry_run: bool) -> None:
    """Import articles from files and folders, also gzipped. Repeating an import changes nothing."""
    began = time.monotonic()
    with opened() as dateline, progress_bar() as bar, _Interruptible():
        task = bar.add_task("Importing", total=total_bytes(paths, format_name=format_name))

        def advance(progress: Progress) -> None:
            bar.update(task, completed=progress.bytes_read)
            dateline.wakeup.notify()

        report = import_paths(
            dateline.archive,
            dateline.site,
            paths,
            now=dateline.clock(),
            format_name=format_name,
            dry_run=dry_run,
            progress=advance,
        )
    seconds = time.monotonic() - began
    _print_problems(report)
    would = "Would have added" if dry_run else "Added"
    click.echo(
        f"{would} {pluralize(report.added, 'article', 'articles')}, changed {report.changed:,}, "
        f"unchanged {report.unchanged:,}, failed {report.failures:,}; {seconds:.1f} s."
    )
    if report.failures:
        raise click.exceptions.Exit(1)


def _print_problems(report: Report) -> None:
    for failure in report.failed[:MAX_SHOWN]:
        click.echo(f"{failure.location}: not imported: {'; '.join(failure.reasons)}", err=True)
    if report.failures > MAX_SHOWN:
        click.echo(f"… and {report.failures - MAX_SHOWN:,} more that were not imported", err=True)
    for note in list(report.notes)[:MAX_SHOWN]:
        times = f" ({note.count:,} times)" if note.count > 1 else ""
        click.echo(f"{note.location}: {note.text}{times}", err=True)
    if report.skipped:
        click.echo(f"Skipped {pluralize(report.skipped, 'file', 'files')} of other formats.", err=True)


class _Interruptible:
    """Lets Ctrl-C and SIGTERM stop an import between two transactions. The same command continues it."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._stop)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            click.echo("dateline: stopped. Saved articles stay; repeat the command to continue.", err=True)
            raise click.exceptions.Exit(INTERRUPTED)

    @staticmethod
    def _stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt
