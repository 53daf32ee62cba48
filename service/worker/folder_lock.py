"""A lock that makes one worker active on a data folder."""

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
from service.heartbeat import is_alive

log = logging.getLogger(__name__)


STANDBY_INTERVAL = 0.5  # seconds


@contextmanager
def only_worker(data: Path, stopping: threading.Event) -> Iterator[bool]:
    """Wait for the lock of the folder, which the kernel releases however the process ends.

    Yields True with the lock, False if `stopping` was set before it was free."""
    with (data / "worker.lock").open("a+") as file:
        waited = False
        while not try_lock(file):
            if not waited and not stopping.is_set():
                log.warning("another worker holds %s: standing by", data)
                waited = True
            if stopping.wait(STANDBY_INTERVAL):
                yield False
                return
        yield True


def is_served(dateline: Dateline, consumer: str) -> bool:
    """Whether a worker runs this consumer: on this data folder or, by its lease or heartbeat, on any machine."""
    no_waiting = threading.Event()
    no_waiting.set()
    with (
        suppress(OSError),
        only_worker(dateline.settings.data, no_waiting) as is_active,
    ):  # the file may belong to another user
        if not is_active:
            return True
    cursor = dateline.archive.changes.cursor(consumer)
    has_lease = cursor is not None and cursor.until is not None and cursor.until > dateline.clock()
    return has_lease or is_alive(dateline.archive, now=dateline.clock())


def lease_owner(path: Path) -> str:
    """The name, in this file of the data folder, under which workers on the folder hold leases.

    Only the process with the folder's lock uses it, so that a new worker takes over at once from one that died here."""
    if not path.exists():
        name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        draft = path.with_name(f"{path.name}.{name}")
        draft.write_text(name + "\n", encoding="utf-8")
        with suppress(FileExistsError):  # if two workers start at the same time, one of them sets the name
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
