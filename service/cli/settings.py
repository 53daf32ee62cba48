"""`dateline settings`: list the settings."""

from __future__ import annotations

import click

from service.settings import CONFIG_FILE, read_settings


@click.command()
def settings() -> None:
    """List every setting with its value and description."""
    for name, value, description in read_settings().describe():
        click.echo(f"{name} = {value}")
        click.echo(f"    {description}")
    click.echo(f"\nRead from the environment and from {CONFIG_FILE.absolute()}.", err=True)
