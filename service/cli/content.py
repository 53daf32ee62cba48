"""Commands for articles: import, export, search."""

from __future__ import annotations

import signal
import time
from datetime import date, datetime
from pathlib import Path
from types import FrameType

import click
import orjson
from rich.console import Console
from rich.text import Text

from archive.exchange.exporter import export_jsonl, export_markdown
from archive.exchange.formats import AUTO, FORMATS
from archive.exchange.importer import import_paths, total_bytes
from archive.exchange.report import Progress, Report
from archive.instants import utc
from service.addresses import Addresses
from service.cli.opening import numbered, opened, progress_bar
from service.searching import search_document, search_page

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
            dateline.bell.ring()

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


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "format_name", default="jsonl", type=click.Choice(["markdown", "jsonl", "static"]))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="only what was changed on this day or later")
def export(target: Path, format_name: str, since: datetime | None) -> None:
    """Write the archive to TARGET: one file of JSON Lines, a folder of Markdown, or the site as files."""
    began = time.monotonic()
    with opened() as dateline, progress_bar() as bar:
        task = bar.add_task("Exporting", total=None)

        def advance(done: int) -> None:
            bar.update(task, completed=done)

        day: date | None = since.date() if since else None
        start = utc(day, dateline.site.zone) if day else None
        if format_name == "static":
            from service.app import create_app
            from service.static_export import export_static

            if start is not None:
                raise click.UsageError("--since is for markdown and jsonl; a site of files is always whole")
            count = export_static(dateline, create_app(dateline), target, progress=advance)
            click.echo(f"Wrote {numbered(count, 'file', 'files')} to {target} in {time.monotonic() - began:.1f} s.")
            return
        write = export_markdown if format_name == "markdown" else export_jsonl
        count = write(dateline.archive, target, since=start, progress=advance)
    click.echo(f"Wrote {numbered(count, 'article', 'articles')} to {target} in {time.monotonic() - began:.1f} s.")


@click.command()
@click.argument("query")
@click.option("--json", "as_json", is_flag=True, help="the answer as /api/search gives it")
@click.option("--page", default=1, type=click.IntRange(1))
@click.option("--sort", default="relevance", type=click.Choice(["relevance", "newest", "oldest"]))
def search(query: str, as_json: bool, page: int, sort: str) -> None:
    """Search the archive as readers do."""
    with opened() as dateline:
        found = search_page(dateline, {"q": query, "page": str(page), "sort": sort})
        addresses = Addresses(dateline.site)
        document = search_document(found, addresses)
    if as_json:
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for result in document["results"]:
        console.print(Text(result["title"], style="bold"))
        console.print(Text(f"{result['published'][:10]}  {result['url']}", style="cyan"))
        console.print(_marked(result["snippet_html"]))
        console.print()
    console.print(Text(numbered(document["total"], "article", "articles") + f", {document['took_ms']} ms", style="dim"))


def _marked(snippet_html: str) -> Text:
    """A snippet for a terminal, its marked words in colour."""
    from html import unescape

    text = Text()
    for position, piece in enumerate(snippet_html.replace("</mark>", "<mark>").split("<mark>")):
        text.append(unescape(piece), style="bold yellow" if position % 2 else "")
    return text


COMMANDS = {"import": import_, "export": export, "search": search}
