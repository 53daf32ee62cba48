"""A bounded thread pool for calls to other hosts, with a limit for each host."""

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


class HostLimitedPool(Generic[Task]):
    """At most `threads` tasks run at a time, and `max_running_per_host` for each host. Hosts take turns.

    It holds at most `max_tasks`, running ones included, and `max_tasks_per_host`. `on_done` is called after each
    task. On Linux the threads have a lower priority than those that answer readers."""

    def __init__(
        self,
        name: str,
        *,
        threads: int,
        max_running_per_host: int,
        max_tasks: int,
        max_tasks_per_host: int,
        on_done: Callable[[], None],
    ) -> None:
        self.threads = threads
        self.max_running_per_host = max_running_per_host
        self.max_tasks = max_tasks
        self.max_tasks_per_host = max_tasks_per_host
        self._on_done = on_done
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_lower_priority)
        self._lock = Lock()
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()
        self._running: Counter[str] = Counter()
        self._task_count = 0

    def __len__(self) -> int:
        return self._task_count

    def free(self) -> int:
        """How many more tasks fit."""
        return max(0, self.max_tasks - self._task_count)

    def add(self, host: str, task: Task) -> bool:
        """False if the pool is full, or this host has as many tasks as it may."""
        with self._lock:
            if self._task_count >= self.max_tasks or self._tasks_of(host) >= self.max_tasks_per_host:
                return False
            self._task_count += 1
            self._waiting.setdefault(host, deque()).append(task)
            self._start()
        return True

    def take_out(self, host: str) -> list[Task]:
        """Remove and return the tasks that wait for a host."""
        with self._lock:
            taken = list(self._waiting.pop(host, ()))
            self._task_count -= len(taken)
        return taken

    def full_hosts(self) -> set[str]:
        """Hosts with as many tasks waiting as may run."""
        with self._lock:
            return {host for host, tasks in self._waiting.items() if len(tasks) >= self.max_running_per_host}

    def clear(self) -> None:
        """Drop all waiting tasks; running ones continue."""
        with self._lock:
            self._task_count -= sum(map(len, self._waiting.values()))
            self._waiting.clear()

    def close(self) -> None:
        self.clear()
        self._pool.shutdown()

    def _tasks_of(self, host: str) -> int:
        return self._running[host] + len(self._waiting.get(host, ()))

    def _start(self) -> None:
        """Start the tasks that may run now. The caller holds the lock."""
        while self._running.total() < self.threads:
            host = next((host for host in self._waiting if self._running[host] < self.max_running_per_host), None)
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
            self._task_count -= 1
            self._running[host] -= 1
            if not self._running[host]:
                del self._running[host]
            self._start()
        self._on_done()


def _lower_priority() -> None:
    """Only on Linux, where each thread has its own niceness; elsewhere it applies to the whole process."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)
