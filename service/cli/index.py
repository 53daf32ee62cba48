"""`dateline index`: inspect, check or rebuild the search index."""

from __future__ import annotations

import click

from service.cli.opening import opened, pluralize, progress_bar, report_findings
from service.cli.rebuild import rebuild


@click.group()
def index() -> None:
    """Inspect, check or rebuild the search index."""


@index.command("status")
def index_status() -> None:
    """Show the size of the index, and how far it is behind the archive."""
    with opened() as dateline:
        if awaited := dateline.index.awaited():
            click.echo(f"a new index is being built: {dateline.index.position():,} of {awaited:,} changes indexed")
        status = dateline.index.status()
        behind = dateline.archive.changes.last() - status.position
        click.echo(f"engine     {status.engine}")
        click.echo(f"articles   {status.documents:,}")
        click.echo(f"segments   {status.segments:,}")
        click.echo(f"size       {status.size / 1e6:,.1f} MB")
        click.echo(f"position   {status.position:,} ({'up to date' if behind <= 0 else f'{behind:,} changes behind'})")


@index.command("check")
def index_check() -> None:
    """Check that the index agrees with the archive. Exits with 1 if they differ."""
    from service.maintenance.check import check_index

    with opened() as dateline, progress_bar() as bar:
        findings = check_index(dateline, track=bar.track)
    report_findings(findings, "The index agrees with the archive.")


@index.command("rebuild")
def index_rebuild() -> None:
    """Rebuild the index from the archive."""
    rebuild(
        "index",
        progress="Indexing",
        result=lambda dateline: f"Indexed {pluralize(dateline.index.status().documents, 'article', 'articles')}",
    )
