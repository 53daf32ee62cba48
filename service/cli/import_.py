"""Files into the archive: `dateline import`."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

import click

from archive.exchange.formats.registry import AUTO, FORMATS
from archive.exchange.importer import import_paths, total_bytes
from archive.exchange.report import Progress, Report
from service.cli.opening import numbered, opened, progress_bar

STOPPED = 130  # exit code, as shells have it
MOST_SHOWN = 50  # failures and notes on a terminal


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "format_name", default=AUTO, type=click.Choice([AUTO, *FORMATS]), show_default=True)
@click.option("--dry-run", is_flag=True, help="say what would be done, and change nothing")
def import_(paths: tuple[Path, ...], format_name: str, dry_run: bool) -> None:
    """Bring in articles from files and folders, `.gz` too. The same again changes nothing."""
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
    _tell(report)
    would = "Would have added" if dry_run else "Added"
    click.echo(
        f"{would} {numbered(report.added, 'article', 'articles')}, changed {report.changed:,}, "
        f"left {report.unchanged:,} as they were, could not take {report.failures:,}; {seconds:.1f} s."
    )
    if report.failures:
        raise click.exceptions.Exit(1)


def _tell(report: Report) -> None:
    for failure in report.failed[:MOST_SHOWN]:
        click.echo(f"{failure.place}: not taken: {'; '.join(failure.reasons)}", err=True)
    if report.failures > MOST_SHOWN:
        click.echo(f"… and {report.failures - MOST_SHOWN:,} more that were not taken", err=True)
    for note in list(report.notes)[:MOST_SHOWN]:
        times = f" ({note.count:,} times)" if note.count > 1 else ""
        click.echo(f"{note.place}: {note.text}{times}", err=True)
    if report.skipped:
        click.echo(f"Skipped {numbered(report.skipped, 'file', 'files')} of other kinds.", err=True)


class _Interruptible:
    """Ctrl-C ends an import between two transactions; run again, it goes on from there."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._stop)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            click.echo("dateline: stopped; what was saved stays, and the same command goes on from there", err=True)
            raise click.exceptions.Exit(STOPPED)

    @staticmethod
    def _stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt
