"""Ending with the process that started this one, even where that was killed."""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT = "_DATELINE_PARENT"  # in the environment: the process to end with
LOOK_EVERY = 0.5  # seconds


def become_parent() -> None:
    """Let the processes that this one starts know whom to watch. One that looked itself who its parent
    is might look too late, and live on for ever."""
    os.environ[PARENT] = str(os.getpid())


def end_with_parent() -> None:
    """A server that was killed leaves its web processes behind, and they would keep the port."""
    parent = os.environ.get(PARENT)
    if parent is not None:
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGKILL)
