"""Returns unused memory to the system, which neither Python nor its allocator does by itself."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from typing import Final

M_ARENA_MAX: Final = -8
TRIM_INTERVAL: Final = 30.0  # seconds


def release_memory() -> None:
    """Collect garbage and trim. An import of 21,578 articles left the worker at 259 MB. Takes some 50 ms.

    Only glibc can trim; elsewhere only Python's garbage is freed."""
    gc.collect()
    trim()


def trim() -> None:
    """Return free memory. Takes some ms, during which other Python threads run."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def start_trimming(*, every: float = TRIM_INTERVAL) -> None:
    """Trim in a daemon thread: a search needs a few MB for a moment, and no request should wait for the trim."""

    def work() -> None:
        while True:
            time.sleep(every)
            trim()

    threading.Thread(target=work, name="memory", daemon=True).start()


def limit_arenas() -> None:
    """Use two malloc arenas instead of one per thread, whose free memory no other thread can use.

    Only in glibc (mallopt(3), M_ARENA_MAX). Python's threads hardly ever allocate at the same time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and sys.platform == "linux":
        mallopt(M_ARENA_MAX, 2)
