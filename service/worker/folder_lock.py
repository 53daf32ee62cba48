"""One active worker on a data folder."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive.util.file_lock import try_lock
from service.dateline import Dateline
from service.heartbeat import lives

log = logging.getLogger(__name__)


STANDBY_EVERY = 0.5


@contextmanager
def only_worker(data: Path, stopping: threading.Event) -> Iterator[bool]:
    """Wait for the folder's lock, which the kernel gives back whatever becomes of a process.

    Gives False where it was told to stop before the lock was free."""
    with (data / "worker.lock").open("a+") as file:
        waited = False
        while not try_lock(file):
            if not waited and not stopping.is_set():
                log.warning("another worker has %s: standing by", data)
                waited = True
            if stopping.wait(STANDBY_EVERY):
                yield False
                return
        yield True


def is_served(dateline: Dateline, consumer: str) -> bool:
    """Whether a worker is there for this consumer: on this data folder or, as its lease or its sign says, anywhere."""
    at_once = threading.Event()
    at_once.set()
    with suppress(OSError), only_worker(dateline.settings.data, at_once) as alone:  # it may be somebody else's file
        if not alone:
            return True
    cursor = dateline.archive.changes.cursor(consumer)
    has_turn = cursor is not None and cursor.until is not None and cursor.until > dateline.clock()
    return has_turn or lives(dateline.archive, now=dateline.clock())


def lease_owner(data: Path) -> str:
    """This folder's own name among workers. Only who has the folder's lock works under it, so that a
    new worker can take over at once from one that died here."""
    path = data / "place"
    if not path.exists():
        name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        draft = data / f"place.{name}"
        draft.write_text(name + "\n", encoding="utf-8")
        with suppress(FileExistsError):  # of two that start at once, one gives the name
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
