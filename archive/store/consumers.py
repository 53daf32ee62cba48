"""Consumers of the change log. Each has a cursor, and a lease that one worker holds at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease

LEASE_DURATION = timedelta(seconds=30)


class Consumer(Protocol):
    """Processes changes of one kind. `apply` must be idempotent: if a worker dies before it has moved the cursor, its
    successor applies the same changes again."""

    name: str
    kind: ChangeKind

    @property
    def batch(self) -> int:
        """The maximum number of changes per call of `apply`."""
        ...

    def start(self, lease: Lease) -> int:
        """Called when a worker begins. Returns the position to continue from, which may be before `lease.position`."""
        ...

    def lost(self, position: int) -> bool:
        """Whether the results of the changes up to a position are gone, so that `start` must be called again."""
        ...

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        """Process changes, oldest first. May raise LeaseLost."""
        ...


class ConsumerRunner:
    """Drains the log into one consumer, for one worker.

    `owner` identifies the worker. No two workers may use the same name at the same time: they would share leases."""

    def __init__(
        self,
        archive: Archive,
        consumer: Consumer,
        *,
        owner: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.archive = archive
        self.consumer = consumer
        self.owner = owner
        self.clock = clock
        self._started = False
        self._drained_to = -1
        self._fence = -1

    def drain(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Apply all new changes, in batches; returns their number. `stopping` is checked before every batch.

        Costs two small reads if there is nothing new. Returns 0 while another worker has the lease. Raises LeaseLost
        if the lease expired meanwhile and another worker acquired it."""
        last = self.archive.changes.last(self.consumer.kind)
        cursor = self.archive.changes.cursor(self.consumer.name)
        if cursor is None or cursor.fence != self._fence:
            self._started = False  # another worker had the lease since, or the cursor was rewound
        elif self.consumer.lost(cursor.position):
            self._started = False
        elif self._started and last == self._drained_to:
            return 0
        lease = self.archive.changes.acquire(
            self.consumer.name, owner=self.owner, now=self.clock(), duration=LEASE_DURATION
        )
        if lease is None:
            return 0
        self._fence = lease.fence
        if not self._started:
            position = self.consumer.start(lease)
            if position != lease.position:
                lease = self.archive.changes.advance(lease, position)
            self._started = True
        return self._apply_batches(lease, last, stopping)

    def _apply_batches(self, lease: Lease, last: int, stopping: Callable[[], bool]) -> int:
        applied = 0
        while not stopping():
            batch = self.consumer.batch
            changes = self.archive.changes.after(lease.position, kind=self.consumer.kind, limit=batch)
            if changes:
                self.consumer.apply(changes, lease)
                lease = self.archive.changes.advance(lease, changes[-1].seq)
                applied += len(changes)
            if len(changes) < batch:
                self._drained_to = last  # later changes are found by the next drain
                break
            self.archive.changes.renew(lease, now=self.clock(), duration=LEASE_DURATION)
        return applied

    def restart(self) -> None:
        """Make the next drain call `Consumer.start` again, after an error."""
        self._started = False
