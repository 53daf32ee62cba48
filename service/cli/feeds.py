"""`dateline feeds`: list or rebuild the stored feeds."""

from __future__ import annotations

import click

from service.cli.opening import opened, pluralize
from service.cli.rebuild import rebuild
from service.dateline import Dateline


@click.group()
def feeds() -> None:
    """List or rebuild the stored feeds."""


@feeds.command("list")
def list_feeds() -> None:
    """List the URL of every stored feed."""
    with opened() as dateline:
        for path in dateline.archive.renditions.paths():
            click.echo(dateline.site.absolute(path))


@feeds.command("rebuild")
def rebuild_feeds() -> None:
    """Rebuild every feed. Unchanged feeds keep their ETags."""
    rebuild("feeds", progress="Building feeds", result=_result)


def _result(dateline: Dateline) -> str:
    return f"Rebuilt {pluralize(sum(1 for _ in dateline.archive.renditions.paths()), 'feed', 'feeds')}"
