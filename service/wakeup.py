"""Wakes the worker from any process on the machine, so that it need not poll at short intervals."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
from pathlib import Path

log = logging.getLogger(__name__)

MAX_READ_BYTES = 65536  # the capacity of a Linux pipe; more notifications add nothing


class Wakeup:
    """A named pipe in the data folder. `notify` never blocks and never raises.

    A lost notification delays an article by a second at most, because the worker also polls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listening: int | None = None

    def notify(self) -> None:
        try:
            pipe = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.ENOENT):  # those two mean that no worker listens
                log.warning("cannot notify %s: %s", self.path, error.strerror)
            return
        try:
            with contextlib.suppress(OSError):
                os.write(pipe, b"!")
        finally:
            os.close(pipe)

    def listen(self) -> None:
        """Create the pipe and open it for reading. Only the active worker does this."""
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self.path, 0o600)
        # Open for writing, too: otherwise the pipe reads as ended whenever the last writer closes it.
        self._listening = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, seconds: float) -> bool:
        """Whether a notification came within `seconds`. Several that came together count as one."""
        if self._listening is None:
            raise RuntimeError("listen() first")
        ready, _, _ = select.select([self._listening], [], [], seconds)
        if not ready:
            return False
        with contextlib.suppress(BlockingIOError):
            os.read(self._listening, MAX_READ_BYTES)
        return True

    def close(self) -> None:
        if self._listening is not None:
            os.close(self._listening)
            self._listening = None
