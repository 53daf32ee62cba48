"""The schema of the database: `dateline migrate`."""

from __future__ import annotations

import click

from service.settings import read_settings


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this program."""
    settings = read_settings()
    from service.wiring import open_archive

    archive = open_archive(settings)
    before, after = archive.migrate()
    archive.close()
    click.echo(
        f"The schema is {after} already." if before == after else f"Upgraded from {before or 'nothing'} to {after}."
    )
