"""Bounded threads for calls to strangers: no host gets more than its share, and the slow wait for the slow."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock, get_native_id
from typing import Final, Generic, TypeVar

log = logging.getLogger(__name__)

Task = TypeVar("Task", bound=Callable[[], None])

NICENESS: Final = 10


class Lane(Generic[Task]):
    """So many threads for tasks, at most `per_host` at a time for each host. Hosts take turns.

    `room` is how many tasks it holds, running ones included, and `share` how many of one host. `done` is
    called after each. Readers come first: where processors are short, these threads wait."""

    def __init__(
        self, name: str, *, threads: int, per_host: int, room: int, share: int, done: Callable[[], None]
    ) -> None:
        self.threads = threads
        self.per_host = per_host
        self.room = room
        self.share = share
        self._done = done
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_step_back)
        self._lock = Lock()
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._held = 0

    def __len__(self) -> int:
        return self._held

    def left(self) -> int:
        """How many tasks there is room for."""
        return max(0, self.room - self._held)

    def add(self, host: str, task: Task) -> bool:
        """False where there is no room, or this host has its share of it."""
        with self._lock:
            if self._held >= self.room or self._of(host) >= self.share:
                return False
            self._held += 1
            self._waiting.setdefault(host, deque()).append(task)
            self._start()
        return True

    def take_out(self, host: str) -> list[Task]:
        """What waits for a host, and does so no more."""
        with self._lock:
            taken = list(self._waiting.pop(host, ()))
            self._held -= len(taken)
        return taken

    def full_hosts(self) -> set[str]:
        """Hosts that have as many tasks waiting as they may have running."""
        with self._lock:
            return {host for host, tasks in self._waiting.items() if len(tasks) >= self.per_host}

    def clear(self) -> None:
        """Forget what waits; what runs goes on."""
        with self._lock:
            self._held -= sum(map(len, self._waiting.values()))
            self._waiting.clear()

    def close(self) -> None:
        self.clear()
        self._pool.shutdown()

    def _of(self, host: str) -> int:
        return self._running[host] + len(self._waiting.get(host, ()))

    def _start(self) -> None:
        """Begin what may begin. The caller holds the lock."""
        while self._running.total() < self.threads:
            host = next((host for host in self._waiting if self._running[host] < self.per_host), None)
            if host is None:
                return
            tasks = self._waiting[host]
            self._running[host] += 1
            self._pool.submit(self._run, host, tasks.popleft())
            if tasks:
                self._waiting.move_to_end(host)
            else:
                del self._waiting[host]

    def _run(self, host: str, task: Task) -> None:
        try:
            task()
        except Exception:
            log.exception("a call to %s failed", host)
        with self._lock:
            self._held -= 1
            self._running[host] -= 1
            if not self._running[host]:
                del self._running[host]
            self._start()
        self._done()


def _step_back() -> None:
    """Linux has a priority for each thread; elsewhere it would be the whole process's."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)
