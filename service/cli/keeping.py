"""Commands for whoever keeps Dateline: token, index, feeds, check."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from archive.errors import DatelineError, TurnLost
from archive.store.archive import ChangeKind
from service.auth import Scope, create_token
from service.cli.opening import numbered, opened, progress_bar
from service.wiring import Dateline

POLL = 0.2  # seconds between two looks at what the worker does


@click.group()
def token() -> None:
    """Bearer tokens for the admin API."""


@token.command("create")
@click.option("--name", required=True, help="whose token it is; stands in the history of what it changes")
@click.option("--scope", default="write", type=click.Choice([scope.name.lower() for scope in Scope]), show_default=True)
def create(name: str, scope: str) -> None:
    """Make a token. It is shown once; only its hash is kept."""
    with opened() as dateline:
        click.echo(create_token(dateline.archive, name, Scope[scope.upper()], clock=dateline.clock))


@token.command("list")
def list_tokens() -> None:
    """Show every token's name, scope and state."""
    with opened() as dateline:
        for one in dateline.archive.tokens():
            state = f"revoked {one.revoked:%Y-%m-%d %H:%M}" if one.revoked else f"since {one.created:%Y-%m-%d %H:%M}"
            click.echo(f"{one.name}\t{one.scope}\t{state}")


@token.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Refuse a token from now on."""
    with opened() as dateline:
        dateline.archive.revoke_token(name, now=dateline.clock())
    click.echo(f"Revoked {name}.")


@click.group()
def index() -> None:
    """The search index."""


@index.command("status")
def index_status() -> None:
    """Show what is indexed, and how far behind the archive it is."""
    with opened() as dateline:
        if awaited := dateline.index.awaited():
            click.echo(f"a new one is being built: {dateline.index.position():,} of {awaited:,} changes are in it")
        status = dateline.index.status()
        behind = dateline.archive.last_change() - status.position
        click.echo(f"engine     {status.engine}")
        click.echo(f"articles   {status.documents:,}")
        click.echo(f"segments   {status.segments:,}")
        click.echo(f"size       {status.size / 1e6:,.1f} MB")
        click.echo(f"position   {status.position:,} ({'up to date' if behind <= 0 else f'{behind:,} changes behind'})")


@index.command("check")
def index_check() -> None:
    """Compare the index with the archive; exit 1 where they differ."""
    from service.maintenance.check import check_index

    with opened() as dateline, progress_bar() as bar:
        findings = check_index(dateline, track=bar.track)
    _report(findings, "The index agrees with the archive.")


@index.command("rebuild")
def index_rebuild() -> None:
    """Make the index anew from the archive."""
    _rebuild("index", "Indexed", "Indexing")


@click.group()
def feeds() -> None:
    """The stored feeds."""


@feeds.command("list")
def list_feeds() -> None:
    """Show the address of every stored feed."""
    with opened() as dateline:
        for path in dateline.archive.rendition_paths():
            click.echo(dateline.site.absolute(path))


@feeds.command("rebuild")
def rebuild_feeds() -> None:
    """Build every feed anew; those whose bytes stay the same keep their ETags."""
    _rebuild("feeds", "Went through", "Building feeds")


@click.command()
def check() -> None:
    """Does the archive agree with the index, the feeds and itself? Exit 1 where not."""
    from service.maintenance.check import check_all

    with opened() as dateline, progress_bar() as bar:
        findings = check_all(dateline, track=bar.track)
    _report(findings, "Archive, index and feeds agree.")


def _report(findings: list[str], fine: str) -> None:
    for finding in findings:
        click.echo(finding)
    if findings:
        click.echo(f"dateline: {numbered(len(findings), 'finding', 'findings')}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(fine)


def _rebuild(consumer: str, done: str, doing: str) -> None:
    """Let a consumer begin again: by the worker where one runs, else here."""
    began = time.monotonic()
    with opened() as dateline:
        target = dateline.archive.last_change(ChangeKind.ARTICLE)
        dateline.archive.rewind(consumer)
        with _followed(dateline, consumer, target, doing):
            _deliver(dateline, consumer, target)
        count = (
            dateline.index.status().documents if consumer == "index" else len(list(dateline.archive.rendition_paths()))
        )
    noun = ("article", "articles") if consumer == "index" else ("feed", "feeds")
    click.echo(f"{done} {numbered(count, *noun)} in {time.monotonic() - began:.1f} s.")


def _deliver(dateline: Dateline, consumer: str, target: int) -> None:
    """Until the consumer is there, whoever brings it: a worker may end meanwhile, another rebuild may begin."""
    from service.worker.scheduler import Worker

    worker = Worker(dateline)
    dateline.bell.ring()
    while True:
        with suppress(TurnLost):  # to a rebuild that begins from the start again, and brings it as far
            worker.run_once()
        if _position(dateline, consumer) >= target:
            return
        time.sleep(POLL)


@contextmanager
def _followed(dateline: Dateline, consumer: str, target: int, doing: str) -> Iterator[None]:
    """With a bar that shows how far the consumer is, whoever brings it there."""
    finished = threading.Event()
    with progress_bar() as bar:
        task = bar.add_task(doing, total=target)

        def follow() -> None:
            while not finished.wait(POLL):
                with suppress(DatelineError):  # whoever does the work says what is wrong
                    bar.update(task, completed=min(_position(dateline, consumer), target))

        following = threading.Thread(target=follow)
        following.start()
        try:
            yield
        finally:
            finished.set()
            following.join()


def _position(dateline: Dateline, consumer: str) -> int:
    cursor = dateline.archive.cursor(consumer)
    return cursor.position if cursor is not None else 0


COMMANDS = {"token": token, "index": index, "feeds": feeds, "check": check}
