"""`dateline token`: bearer tokens for the admin API."""

from __future__ import annotations

import click

from service.auth import Scope, create_token
from service.cli.opening import opened


@click.group()
def token() -> None:
    """Create, list or revoke bearer tokens for the admin API."""


@token.command("create")
@click.option("--name", required=True, help="owner of the token; recorded in the revisions it saves")
@click.option("--scope", default="write", type=click.Choice([scope.name.lower() for scope in Scope]), show_default=True)
def create(name: str, scope: str) -> None:
    """Create a token and print it. It cannot be shown again: only its hash is stored."""
    with opened() as dateline:
        click.echo(create_token(dateline.archive, name, Scope[scope.upper()], clock=dateline.clock))


@token.command("list")
def list_tokens() -> None:
    """List every token with name, scope and state."""
    with opened() as dateline:
        for one in dateline.archive.tokens.all():
            state = f"revoked {one.revoked:%Y-%m-%d %H:%M}" if one.revoked else f"since {one.created:%Y-%m-%d %H:%M}"
            click.echo(f"{one.name}\t{one.scope}\t{state}")


@token.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke a token at once."""
    with opened() as dateline:
        dateline.archive.tokens.revoke(name, now=dateline.clock())
    click.echo(f"Revoked {name}.")
