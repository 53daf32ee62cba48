"""Commands for articles: import, export, search."""

from __future__ import annotations

import itertools
import re
import signal
import time
from collections.abc import Mapping
from datetime import date, datetime
from html import unescape
from pathlib import Path
from types import FrameType
from typing import Any

import click
import orjson
from rich.console import Console
from rich.text import Text

from archive.errors import InvalidQuery
from archive.exchange.exporter import export_jsonl, export_markdown
from archive.exchange.formats.registry import AUTO, FORMATS
from archive.exchange.importer import import_paths, total_bytes
from archive.exchange.report import Progress, Report
from archive.search.index import MOST_PER_PAGE, Sort
from archive.timestamps import utc
from service.cli.opening import numbered, opened, progress_bar
from service.links import Addresses
from service.search import search_document, search_page

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
STOPPED = 130  # exit code, as shells have it
MOST_FACETS = 6  # values of each kind
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
            from service.maintenance.static_export import export_static
            from service.web.app import create_app

            if start is not None:
                raise click.UsageError("--since is for markdown and jsonl; a site of files is always whole")
            count = export_static(dateline, create_app(dateline), target, progress=advance)
            click.echo(f"Wrote {numbered(count, 'file', 'files')} to {target} in {time.monotonic() - began:.1f} s.")
            return
        write = export_markdown if format_name == "markdown" else export_jsonl
        count = write(dateline.archive, target, since=start, progress=advance)
    click.echo(f"Wrote {numbered(count, 'article', 'articles')} to {target} in {time.monotonic() - began:.1f} s.")


class _Search(click.Command):
    """A command that takes words with a dash before them, as in "-usa wheat", for what they are; two are an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name: one for one in self.get_params(ctx) if isinstance(one, click.Option) for name in one.opts}
        rest = iter(args)
        for argument in itertools.takewhile(lambda argument: argument != "--", rest):
            name, equals, _ = argument.partition("=")
            if name in options and not options[name].is_flag and not equals:
                next(rest, None)  # its value
            elif name.startswith("--") and name not in options and " " not in name:
                raise click.NoSuchOption(name, ctx=ctx)
        # No option of one letter is known here: click would see an -h in -wheat.
        return super().parse_args(ctx, ["--help" if argument == "-h" else argument for argument in args])


@click.command(cls=_Search, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("query", default="")
@click.option("--json", "as_json", is_flag=True, help="the answer as /api/search gives it")
@click.option("--section", help="only this section, by its name")
@click.option("--tag", help="only this tag")
@click.option("--author", help="only this author")
@click.option("--language", metavar="TAG", help="only articles with this language tag")
@click.option("--from", metavar="DATE", help="from this day, month or year: 2023-12-14, 2023-12, 2023")
@click.option("--to", metavar="DATE", help="until the end of this day, month or year")
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), help="the default is relevance")
@click.option("--page", type=click.IntRange(1))
@click.option("--per-page", type=click.IntRange(1, MOST_PER_PAGE), help="articles on a page, 10 where nothing is said")
def search(query: str, as_json: bool, **asked: str | int | None) -> None:
    """Search the archive as readers do; without QUERY, list what the options leave, newest first.

    QUERY is one argument, in quotes where it has several words; "-usa wheat" is one, too.

    Articles go to stdout, in colours on a terminal; what there is to say about the search goes to stderr."""
    args = {"q": query, **{name: str(value) for name, value in asked.items() if value is not None}}
    with opened() as dateline:
        try:
            found = search_page(dateline, args)
        except InvalidQuery as error:
            raise click.UsageError("; ".join(f"--{each.field}: {each.message}" for each in error.problems)) from error
        document = search_document(found, Addresses(dateline.site))
    if as_json:
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for result, title in zip(document["results"], (each.title_html for each in found.results), strict=True):
        console.print(_marked(title, "bold"))
        console.print(Text(f"{result['published'][:10]}  {result['url']}", style="cyan"))
        console.print(_marked(result["snippet_html"]))
        console.print()
    _about(document)


def _about(document: Mapping[str, Any]) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for name, values in document["facets"].items():
        if len(values) > 1:
            shown = "  ".join(f"{each['value']} {each['count']:,}" for each in values[:MOST_FACETS])
            console.print(Text.assemble((f"{name:8} ", "dim"), shown))
    for note in document["notes"]:
        console.print(Text(note))
    if document["suggestion"]:
        console.print(Text.assemble("Did you mean: ", (document["suggestion"], "bold")))
    place = f", page {document['page']:,} of {document['pages']:,}" if document["pages"] > 1 else ""
    console.print(Text(f"{numbered(document['total'], 'article', 'articles')}{place}, {document['took_ms']} ms", "dim"))


def _marked(marked_html: str, style: str = "") -> Text:
    """A title or snippet for a terminal, its marked words in colour. What would steer the terminal is left out."""
    text = Text()
    for position, piece in enumerate(marked_html.replace("</mark>", "<mark>").split("<mark>")):
        text.append(_CONTROLS.sub("", unescape(piece)), style="bold yellow" if position % 2 else style)
    return text


COMMANDS = {"import": import_, "export": export, "search": search}
