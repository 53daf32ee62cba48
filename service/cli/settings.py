"""Every setting: `dateline settings`."""

from __future__ import annotations

import click

from service.settings import CONFIG_FILE, read_settings


@click.command()
def settings() -> None:
    """Show every setting: its value, and what it is for."""
    for name, value, description in read_settings().shown():
        click.echo(f"{name} = {value}")
        click.echo(f"    {description}")
    click.echo(f"\nRead from the environment and from {CONFIG_FILE.absolute()}.", err=True)
