"""Deadlines for whole calls: a socket's own timeout restarts with each byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

LOOK_INTERVAL: Final = 0.25  # seconds


class Watch:
    """The deadline of one call. `reason` says why it was cut, empty until then."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.reason = ""
        self._handle: socket.socket | None = None

    def over(self, opened: socket.socket) -> None:
        """Cut this socket at the deadline. Raises TimeoutError if the call was cut already."""
        # A duplicate: wrapping in TLS detaches the original.
        self._handle = opened.dup()
        self.check()

    def cut(self, reason: str) -> None:
        self.reason = reason
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def left(self) -> float:
        return self.until - time.monotonic()

    def check(self) -> None:
        if self.reason:
            raise TimeoutError(self.reason)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()


class Deadlines:
    """Cuts calls at their deadlines, from one thread for all. `within`: seconds for a call."""

    def __init__(self, within: float) -> None:
        self.within = within
        self._watches: set[Watch] = set()
        self._ended = ""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        watch = Watch(time.monotonic() + self.within)
        with self._lock:
            watch.reason = self._ended
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
                self._thread.start()
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.discard(watch)
                watch.close()

    def cut_all(self, reason: str) -> None:
        with self._lock:
            self._ended = reason
            for watch in self._watches:
                watch.cut(reason)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_INTERVAL)
            with self._lock:
                late = time.monotonic()
                for watch in self._watches:
                    if watch.until < late and not watch.reason:
                        watch.cut(f"took longer than {self.within:.0f} s")
                if not self._watches:
                    self._thread = None
                    return
