"""Locks between processes, on open files: the kernel releases them when a process dies."""

from __future__ import annotations

import fcntl
from typing import IO, Any


def try_lock(file: IO[Any]) -> bool:
    """Lock an open file until it is closed (flock). Returns False if another process holds the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
