"""`dateline search`: search the archive."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import click
import orjson
from rich.console import Console
from rich.text import Text

from archive.errors import InvalidQuery
from archive.search.index import MAX_PER_PAGE, Sort
from service.cli.opening import opened, pluralize
from service.links import Addresses
from service.search import search_document, search_page

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
MAX_FACETS = 6  # values of each kind


class _Search(click.Command):
    """A command whose arguments may begin with one dash, as in "-usa wheat". Only two dashes make an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name: one for one in self.get_params(ctx) if isinstance(one, click.Option) for name in one.opts}
        rest = iter(args)
        for argument in itertools.takewhile(lambda argument: argument != "--", rest):
            name, equals, _ = argument.partition("=")
            if name in options and not options[name].is_flag and not equals:
                next(rest, None)  # its value
            elif name.startswith("--") and name not in options and " " not in name:
                raise click.NoSuchOption(name, ctx=ctx)
        # No one-letter options: click would read -wheat as -h and others.
        return super().parse_args(ctx, ["--help" if argument == "-h" else argument for argument in args])


@click.command(cls=_Search, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("query", default="")
@click.option("--json", "as_json", is_flag=True, help="print the JSON of /api/search")
@click.option("--section", help="only this section")
@click.option("--tag", help="only this tag")
@click.option("--author", help="only this author")
@click.option("--language", metavar="TAG", help="only articles with this language tag")
@click.option("--from", metavar="DATE", help="from this day, month or year: 2023-12-14, 2023-12, 2023")
@click.option("--to", metavar="DATE", help="until the end of this day, month or year")
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), help="the default is relevance")
@click.option("--page", type=click.IntRange(1))
@click.option("--per-page", type=click.IntRange(1, MAX_PER_PAGE), help="articles on a page; the default is 10")
def search(query: str, as_json: bool, **filters: str | int | None) -> None:
    """Search the published articles. Without QUERY, list those that match the options, newest first.

    QUERY is one argument: put several words in quotes. It may begin with a dash: "-usa wheat".

    Articles go to stdout, in colour on a terminal. Facets, notes and the number of results go to stderr."""
    args = {"q": query, **{name: str(value) for name, value in filters.items() if value is not None}}
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
    _print_about(document)


def _print_about(document: Mapping[str, Any]) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for name, values in document["facets"].items():
        if len(values) > 1:
            shown = "  ".join(f"{each['value']} {each['count']:,}" for each in values[:MAX_FACETS])
            console.print(Text.assemble((f"{name:8} ", "dim"), shown))
    for note in document["notes"]:
        console.print(Text(note))
    if document["suggestion"]:
        console.print(Text.assemble("Did you mean: ", (document["suggestion"], "bold")))
    place = f", page {document['page']:,} of {document['pages']:,}" if document["pages"] > 1 else ""
    console.print(
        Text(f"{pluralize(document['total'], 'article', 'articles')}{place}, {document['took_ms']} ms", "dim")
    )


def _marked(marked_html: str, style: str = "") -> Text:
    """A title or snippet for a terminal, with marked words in colour. Removes control characters."""
    text = Text()
    for position, piece in enumerate(marked_html.replace("</mark>", "<mark>").split("<mark>")):
        text.append(_CONTROLS.sub("", unescape(piece)), style="bold yellow" if position % 2 else style)
    return text
