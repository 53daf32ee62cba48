"""What the commands that check and rebuild share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from archive.errors import DatelineError, LeaseLost
from archive.store.changes import ChangeKind
from service.cli.opening import numbered, opened, progress_bar
from service.dateline import Dateline

POLL = 0.2  # seconds between two looks at what the worker does


def report_findings(findings: list[str], fine: str) -> None:
    for finding in findings:
        click.echo(finding)
    if findings:
        click.echo(f"dateline: {numbered(len(findings), 'finding', 'findings')}", err=True)
        raise click.exceptions.Exit(1)
    click.echo(fine)


def rebuild(consumer: str, done: str, doing: str) -> None:
    """Let a consumer begin again: by the worker where one runs, else here."""
    began = time.monotonic()
    with opened() as dateline:
        target = dateline.archive.changes.last(ChangeKind.ARTICLE)
        dateline.archive.changes.rewind(consumer)
        with _followed(dateline, consumer, target, doing):
            _deliver(dateline, consumer, target)
        count = (
            dateline.index.status().documents if consumer == "index" else len(list(dateline.archive.renditions.paths()))
        )
    noun = ("article", "articles") if consumer == "index" else ("feed", "feeds")
    click.echo(f"{done} {numbered(count, *noun)} in {time.monotonic() - began:.1f} s.")


def _deliver(dateline: Dateline, consumer: str, target: int) -> None:
    """Until the consumer is there, whoever brings it: a worker may end meanwhile, another rebuild may begin."""
    from service.worker.scheduler import Worker

    worker = Worker(dateline)
    dateline.bell.ring()
    while True:
        with suppress(LeaseLost):  # to a rebuild that begins from the start again, and brings it as far
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
    cursor = dateline.archive.changes.cursor(consumer)
    return cursor.position if cursor is not None else 0
