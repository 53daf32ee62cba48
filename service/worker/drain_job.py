"""A consumer's log drained as a job."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from archive.errors import DatelineError, LeaseLost
from archive.store.consumers import Outbox

log = logging.getLogger(__name__)


class Delivery:
    """One outbox as a job: drains until nothing is new, and once more if the bell rang meanwhile.

    `then` is called after it has handed something over, since others may be waiting for that."""

    def __init__(self, outbox: Outbox, stopping: threading.Event, *, then: Callable[[], None]) -> None:
        self.outbox = outbox
        self.then = then
        self.name = outbox.consumer.name
        self.stopping = stopping
        self.handed = 0
        self._last = time.monotonic()
        self._running = False
        self._again = False
        self._lock = threading.Lock()

    def again(self) -> bool:
        """Ask a running delivery to look once more; False where none is running."""
        with self._lock:
            self._again = self._running
            return self._running

    def rests_for(self) -> float:
        """Seconds since it had something to hand over; 0 while it looks whether it has."""
        return 0.0 if self._running else time.monotonic() - self._last

    def run(self) -> None:
        with self._lock:
            self._running, self._again = True, False
        while True:
            self._drain()
            with self._lock:
                if not self._again or self.stopping.is_set():
                    self._running = False
                    return
                self._again = False

    def _drain(self) -> None:
        try:
            if handed := self.outbox.drain(stopping=self.stopping.is_set):
                self.handed += handed
                self._last = time.monotonic()
                self.then()
        except LeaseLost as lost:
            log.warning("%s", lost)
            self.outbox.restart()
        except DatelineError as error:
            log.error("%s waits: %s", self.name, error)
            self.outbox.restart()
        except Exception:
            log.exception("%s failed; trying again", self.name)
            self.outbox.restart()
