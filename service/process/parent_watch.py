"""Ends a process when its parent ends, even if the parent was killed."""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT = "_DATELINE_PARENT"  # environment variable: the PID of the process to end with
POLL_INTERVAL = 0.5  # seconds


def become_parent() -> None:
    """Tell child processes our PID. A child that read its parent's PID itself might read it after the parent's
    death, and then run for ever."""
    os.environ[PARENT] = str(os.getpid())


def end_with_parent() -> None:
    """Kill this process when its parent ends: web processes of a killed server would keep the port."""
    parent = os.environ.get(PARENT)
    if parent is not None:
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_INTERVAL)
    os.kill(os.getpid(), signal.SIGKILL)
