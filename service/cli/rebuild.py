"""Shared by the commands that rebuild the index or the feeds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

from archive.errors import DatelineError, LeaseLost
from archive.store.changes import ChangeKind
from service.cli.opening import opened, progress_bar
from service.dateline import Dateline

POLL_INTERVAL = 0.2  # seconds


def rebuild(consumer: str, *, progress: str, result: Callable[[Dateline], str]) -> None:
    """Run a consumer from the beginning of the log: in the worker if one is active, else in this process.

    `progress` labels the bar, `result` describes the outcome: `Indexed 12,408 articles`."""
    began = time.monotonic()
    with opened() as dateline:
        target = dateline.archive.changes.last(ChangeKind.ARTICLE)
        dateline.archive.changes.rewind(consumer)
        with _followed(dateline, consumer, target, progress):
            _drain(dateline, consumer, target)
        outcome = result(dateline)
    click.echo(f"{outcome} in {time.monotonic() - began:.1f} s.")


def _drain(dateline: Dateline, consumer: str, target: int) -> None:
    """Wait until the consumer has reached the target position, in any process: a worker may end meanwhile, and
    another rebuild may begin."""
    from service.worker.scheduler import Worker

    worker = Worker(dateline)
    dateline.wakeup.notify()
    while True:
        with suppress(LeaseLost):  # a later rebuild took the lease; it reaches the target, too
            worker.run_once()
        if _position(dateline, consumer) >= target:
            return
        time.sleep(POLL_INTERVAL)


@contextmanager
def _followed(dateline: Dateline, consumer: str, target: int, progress: str) -> Iterator[None]:
    """Show the consumer's position as a progress bar, in whichever process it runs."""
    finished = threading.Event()
    with progress_bar() as bar:
        task = bar.add_task(progress, total=target)

        def follow() -> None:
            while not finished.wait(POLL_INTERVAL):
                with suppress(DatelineError):  # the process that does the work reports it
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
