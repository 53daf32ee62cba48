"""The worker's heartbeat: a fact in the archive, where every process on every machine can read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from archive.store.archive import Archive
from archive.timestamps import rfc3339

FACT: Final = "worker-seen"
BEAT_INTERVAL: Final = timedelta(seconds=15)
TIMEOUT: Final = timedelta(minutes=1)  # a worker without a beat for longer counts as dead


class Heartbeat:
    """Writes at most one beat per BEAT_INTERVAL, however often `beat` is called: each is a write to the archive."""

    def __init__(self, archive: Archive, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.clock = clock
        self._last: datetime | None = None

    def beat(self) -> None:
        now = self.clock()
        if self._last is None or abs(now - self._last) >= BEAT_INTERVAL:
            self.archive.facts.set(FACT, rfc3339(now))
            self._last = now


def is_alive(archive: Archive, *, now: datetime) -> bool:
    """Whether the last beat of any worker is at most TIMEOUT old."""
    seen = last_seen(archive)
    return seen is not None and now - seen <= TIMEOUT


def last_seen(archive: Archive) -> datetime | None:
    """The instant (UTC) of the last beat; None if there has been none."""
    value = archive.facts.get(FACT)
    return None if value is None else datetime.fromisoformat(value)
