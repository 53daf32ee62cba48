"""Memory that is no longer used goes back to the system, which neither Python nor its allocator does unasked."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from typing import Final

M_ARENA_MAX: Final = -8
TRIM_EVERY: Final = 30.0  # seconds


def give_back() -> None:
    """An import of 21,578 articles left the worker at 259 MB. Costs some 50 ms.

    Only glibc knows how; elsewhere nothing but Python's own garbage goes."""
    gc.collect()
    trim()


def trim() -> None:
    """Give back what is free already. Some ms, in which other threads of Python run on."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def trim_again_and_again(*, every: float = TRIM_EVERY) -> None:
    """In a thread that ends with the process: a search takes a few MB for a moment, and no request is to wait."""

    def work() -> None:
        while True:
            time.sleep(every)
            trim()

    threading.Thread(target=work, name="memory", daemon=True).start()


def share_arenas() -> None:
    """Lets threads take memory from two places instead of one each, which nobody else could use what is free of.

    Only glibc has them (mallopt(3), M_ARENA_MAX). Python's threads hardly ever allocate at the same time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and sys.platform == "linux":
        mallopt(M_ARENA_MAX, 2)
