"""Cuts calls that take too long: the timeout of a socket restarts with each byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

POLL_INTERVAL: Final = 0.25  # seconds between two checks for calls that have taken too long


class Watch:
    """The deadline of one call, in seconds of `time.monotonic`. `reason` is why it was cut, empty while it was not."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.reason = ""
        self._handle: socket.socket | None = None

    def attach(self, sock: socket.socket) -> None:
        """Watch this socket, to cut it at the deadline. Raises TimeoutError if the call was cut already."""
        # A second handle: TLS detaches the first one from its socket object.
        self._handle = sock.dup()
        self.check()

    def cut(self, reason: str) -> None:
        self.reason = reason
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def remaining(self) -> float:
        return self.until - time.monotonic()

    def check(self) -> None:
        if self.reason:
            raise TimeoutError(self.reason)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()


class Deadlines:
    """Cuts late calls, from one thread for all of them. `timeout`: seconds of a call."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._watches: set[Watch] = set()
        self._abort_reason = ""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        watch = Watch(time.monotonic() + self.timeout)
        with self._lock:
            watch.reason = self._abort_reason
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._cut_late_calls, name="deadlines", daemon=True)
                self._thread.start()
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.discard(watch)
                watch.close()

    def cut_all(self, reason: str) -> None:
        with self._lock:
            self._abort_reason = reason
            for watch in self._watches:
                watch.cut(reason)

    def _cut_late_calls(self) -> None:
        while True:
            time.sleep(POLL_INTERVAL)
            with self._lock:
                now = time.monotonic()
                for watch in self._watches:
                    if watch.until < now and not watch.reason:
                        watch.cut(f"took longer than {self.timeout:.0f} s")
                if not self._watches:
                    self._thread = None
                    return
