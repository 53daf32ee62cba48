"""Ends this process with the one that started it, even if that was killed."""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT = "_DATELINE_PARENT"  # in the environment: the process to end with
LOOK_INTERVAL = 0.5  # seconds


def become_parent() -> None:
    """Tell the processes that this one starts which parent to watch. A child that called getppid() itself might
    do so after the parent's death, and run for ever."""
    os.environ[PARENT] = str(os.getpid())


def end_with_parent() -> None:
    """Watch the parent. Otherwise the web processes of a killed server run on and keep the port."""
    parent = os.environ.get(PARENT)
    if parent is not None:
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_INTERVAL)
    os.kill(os.getpid(), signal.SIGKILL)
