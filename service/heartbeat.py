"""The worker's sign of life: kept in the archive, where every process on every machine sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from archive.store.archive import Archive
from archive.timestamps import rfc3339

FACT: Final = "worker-seen"
EVERY: Final = timedelta(seconds=15)
AT_MOST: Final = timedelta(minutes=1)  # without a sign from a worker that is alive


class SignOfLife:
    """Given now and then, however often it is asked for: each one is a write to the archive."""

    def __init__(self, archive: Archive, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.clock = clock
        self._given: datetime | None = None

    def give(self) -> None:
        now = self.clock()
        if self._given is None or abs(now - self._given) >= EVERY:
            self.archive.facts.set(FACT, rfc3339(now))
            self._given = now


def lives(archive: Archive, *, now: datetime) -> bool:
    """Whether a worker has given a sign that is not too old."""
    seen = last_seen(archive)
    return seen is not None and now - seen <= AT_MOST


def last_seen(archive: Archive) -> datetime | None:
    """When a worker gave its last sign."""
    said = archive.facts.get(FACT)
    return None if said is None else datetime.fromisoformat(said)
