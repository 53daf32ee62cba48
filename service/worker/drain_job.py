"""A job that drains the change log into one consumer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from archive.errors import DatelineError, LeaseLost
from archive.store.consumers import ConsumerRunner

log = logging.getLogger(__name__)


@runtime_checkable
class CallsOut(Protocol):
    """A consumer that calls other hosts. Only a running worker drains it; CLI commands do not."""

    def abort(self) -> None:
        """Cut the calls under way. The next worker repeats them."""


class DrainJob:
    """Drains until there are no new changes, and once more if `request_rerun` was called meanwhile.

    Calls `on_progress` after it handled changes, because other consumers may wait for the results. After a failure
    the next run tries again; with `backoff`, the first run after that wait. The last value of `backoff` repeats."""

    def __init__(
        self,
        runner: ConsumerRunner,
        stopping: threading.Event,
        *,
        on_progress: Callable[[], None],
        backoff: Sequence[timedelta] = (),
    ) -> None:
        self.runner = runner
        self.on_progress = on_progress
        self.backoff = backoff
        self.name = runner.consumer.name
        self.stopping = stopping
        self.changes_handled = 0
        self._last_progress = time.monotonic()
        self._failures = 0
        self._not_before: datetime | None = None
        self._running = False
        self._rerun = False
        self._lock = threading.Lock()

    def request_rerun(self) -> bool:
        """Make a running drain check for changes once more. Returns False if none is running."""
        with self._lock:
            self._rerun = self._running
            return self._running

    def idle_time(self) -> timedelta:
        """The time since it last handled a change; zero while it runs."""
        return timedelta() if self._running else timedelta(seconds=time.monotonic() - self._last_progress)

    def run(self) -> None:
        with self._lock:
            self._running, self._rerun = True, False
        while True:
            self._drain()
            with self._lock:
                if not self._rerun or self.stopping.is_set():
                    self._running = False
                    return
                self._rerun = False

    def abort(self) -> None:
        """Cut the consumer's calls to other hosts, because the worker stops."""
        if isinstance(self.runner.consumer, CallsOut):
            self.runner.consumer.abort()

    def close(self) -> None:
        """Nothing to close."""

    def _drain(self) -> None:
        if self._not_before is not None and self.runner.clock() < self._not_before:
            return
        try:
            handled = self.runner.drain(stopping=self.stopping.is_set)
        except LeaseLost as lost:
            self._retry_later()
            log.warning("%s", lost)
        except DatelineError as error:
            self._retry_later()
            if self._not_before is None:
                log.error("%s waits: %s", self.name, error)
            else:
                log.warning("%s waits until %s: %s", self.name, self._not_before, error)
        except Exception:
            self._retry_later()
            log.exception("%s failed; trying again", self.name)
        else:
            self._failures, self._not_before = 0, None
            if handled:
                self.changes_handled += handled
                self._last_progress = time.monotonic()
                self.on_progress()

    def _retry_later(self) -> None:
        self.runner.restart()
        if self.backoff:
            self._not_before = self.runner.clock() + self.backoff[min(self._failures, len(self.backoff) - 1)]
            self._failures += 1
