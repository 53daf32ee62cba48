"""The feeds: `dateline feeds`."""

from __future__ import annotations

import click

from service.cli.opening import numbered, opened
from service.cli.rebuild import rebuild
from service.dateline import Dateline


@click.group()
def feeds() -> None:
    """The stored feeds."""


@feeds.command("list")
def list_feeds() -> None:
    """Show the address of every stored feed."""
    with opened() as dateline:
        for path in dateline.archive.renditions.paths():
            click.echo(dateline.site.absolute(path))


@feeds.command("rebuild")
def rebuild_feeds() -> None:
    """Rebuild every feed. A feed whose bytes stay the same keeps its ETag."""
    rebuild("feeds", progress="Building feeds", result=_result)


def _result(dateline: Dateline) -> str:
    return f"Went through {numbered(sum(1 for _ in dateline.archive.renditions.paths()), 'feed', 'feeds')}"
