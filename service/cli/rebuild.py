"""What the commands that rebuild index and feeds share."""

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
    """Run a consumer from the beginning of the log: in the worker if one runs, else here.

    `progress` labels the bar, `result` says in words what there is at the end: `Indexed 12,408 articles`."""
    began = time.monotonic()
    with opened() as dateline:
        target = dateline.archive.changes.last(ChangeKind.ARTICLE)
        dateline.archive.changes.rewind(consumer)
        with _followed(dateline, consumer, target, progress):
            _drain(dateline, consumer, target)
        outcome = result(dateline)
    click.echo(f"{outcome} in {time.monotonic() - began:.1f} s.")


def _drain(dateline: Dateline, consumer: str, target: int) -> None:
    """Until the consumer has reached the target, whichever process does it: a worker may end meanwhile, and another
    rebuild may begin."""
    from service.worker.scheduler import Worker

    worker = Worker(dateline)
    dateline.wakeup.notify()
    while True:
        with suppress(LeaseLost):  # to a later rebuild, which starts again and gets as far
            worker.run_once()
        if _position(dateline, consumer) >= target:
            return
        time.sleep(POLL_INTERVAL)


@contextmanager
def _followed(dateline: Dateline, consumer: str, target: int, progress: str) -> Iterator[None]:
    """With a bar that shows the consumer's position, whichever process moves it."""
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
