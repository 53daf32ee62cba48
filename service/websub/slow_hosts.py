"""Remembers hosts that recently answered slowly or not at all."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final

SLOW_THRESHOLD: Final = 2.0  # seconds of one call
SLOW_PERIOD: Final = 300.0  # seconds for which a host counts as slow after a slow call
MAX_SLOW_HOSTS: Final = 10_000  # remembered


class SlowHosts:
    """Shared among threads. `ticks`: seconds of a clock that never goes back."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self.ticks = ticks
        self._until: dict[str, float] = {}
        self._lock = Lock()

    def __contains__(self, host: str) -> bool:
        return self._until.get(host, 0.0) > self.ticks()

    def add(self, host: str) -> None:
        with self._lock:
            if len(self._until) >= MAX_SLOW_HOSTS:
                self._until.clear()
            self._until[host] = self.ticks() + SLOW_PERIOD
