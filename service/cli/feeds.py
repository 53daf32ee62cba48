"""The feeds: `dateline feeds`."""

from __future__ import annotations

import click

from service.cli.opening import opened
from service.cli.rebuilding import rebuild


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
    """Build every feed anew; those whose bytes stay the same keep their ETags."""
    rebuild("feeds", "Went through", "Building feeds")
