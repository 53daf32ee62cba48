"""Remembers hosts that recently answered slowly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final

from cachetools import TTLCache

SLOW_THRESHOLD: Final = 2.0  # seconds of one call
SLOW_PERIOD: Final = 300.0  # seconds for which a host counts as slow after a slow call
MAX_SLOW_HOSTS: Final = 10_000  # remembered


class SlowHosts:
    """Shared among threads. `ticks`: seconds of a clock that never goes back."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._hosts: TTLCache[str, bool] = TTLCache(MAX_SLOW_HOSTS, SLOW_PERIOD, timer=ticks)
        self._lock = Lock()

    def __contains__(self, host: str) -> bool:
        with self._lock:  # a cache of cachetools is not safe among threads
            return host in self._hosts

    def add(self, host: str) -> None:
        with self._lock:
            self._hosts[host] = True
