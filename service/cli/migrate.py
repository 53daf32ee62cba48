"""`dateline migrate`: upgrade the schema of the database."""

from __future__ import annotations

import click

from service.settings import read_settings


@click.command()
def migrate() -> None:
    """Upgrade the database to the schema of this version."""
    settings = read_settings()
    from service.wiring import open_archive

    archive = open_archive(settings)
    before, after = archive.migrate()
    archive.close()
    click.echo(
        f"The schema is up to date: {after}."
        if before == after
        else f"Upgraded from {before or 'an empty database'} to {after}."
    )
