"""Stops a process at a signal, or when its standard input closes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType


def stop_on_signals(stop: Callable[[], None], *, until_stdin_closes: bool) -> None:
    """Call `stop` at SIGTERM and SIGINT and, with `until_stdin_closes`, at the end of standard input."""

    def stopped(_number: int, _frame: FrameType | None) -> None:
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopped)
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end, args=(stop,), daemon=True).start()


def end_on_signals() -> None:
    """Restore the default: SIGTERM and SIGINT end the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _wait_for_end(stop: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop()
