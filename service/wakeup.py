"""A bell that wakes the worker from any process on the machine, so that nobody polls in a hurry."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
from pathlib import Path

log = logging.getLogger(__name__)

FULL = 65536  # bytes that a rung bell may hold; more ringing says nothing new


class Bell:
    """A named pipe in the data folder. Ringing never waits and never fails: the worker looks by itself
    now and then, too, so that a lost ring costs a second and not an article."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listening: int | None = None

    def ring(self) -> None:
        try:
            pipe = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.ENOENT):  # in which case nobody listens
                log.warning("cannot ring %s: %s", self.path, error.strerror)
            return
        try:
            with contextlib.suppress(OSError):
                os.write(pipe, b"!")
        finally:
            os.close(pipe)

    def listen(self) -> None:
        """Make the pipe and open it for listening; only the one active worker does."""
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self.path, 0o600)
        # Open for writing, too: else the pipe counts as ended whenever the last ringer leaves.
        self._listening = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, seconds: float) -> bool:
        """Whether the bell rang within so many seconds; many rings are one."""
        if self._listening is None:
            raise RuntimeError("listen() first")
        ready, _, _ = select.select([self._listening], [], [], seconds)
        if not ready:
            return False
        with contextlib.suppress(BlockingIOError):
            os.read(self._listening, FULL)
        return True

    def close(self) -> None:
        if self._listening is not None:
            os.close(self._listening)
            self._listening = None
