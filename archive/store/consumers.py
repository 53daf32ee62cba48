"""Consumers of the change log, each with a cursor and a lease that one worker holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease

LEASE_DURATION = timedelta(seconds=30)


class Consumer(Protocol):
    """Handles changes. Must be idempotent: if a worker dies before the cursor has moved, the next one repeats the batch."""

    name: str
    kind: ChangeKind

    @property
    def batch(self) -> int:
        """The most changes of one call of `apply`."""
        ...

    def start(self, lease: Lease) -> int:
        """Called when a worker begins; the position to go on from, which may be before `lease.position`."""
        ...

    def lost(self, position: int) -> bool:
        """Whether results up to a position are lost, so that `start` has to find the position to go on from."""
        ...

    def apply(self, changes: Sequence[Change], lease: Lease) -> None: ...


class ConsumerRunner:
    """Drains the log into one consumer, for one worker.

    `owner` names the worker in leases; no two workers that run may share a name."""

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
        """Handle everything that is new; the number of changes.

        Costs two small reads if nothing is new. 0 if another worker holds the lease.
        Raises LeaseLost if this worker was too slow and another one has taken over."""
        last = self.archive.changes.last(self.consumer.kind)
        cursor = self.archive.changes.cursor(self.consumer.name)
        if cursor is None or cursor.fence != self._fence:
            self._started = False  # another worker had the lease since, or the cursor was moved
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
        return self._hand_over(lease, last, stopping)

    def _hand_over(self, lease: Lease, last: int, stopping: Callable[[], bool]) -> int:
        handed = 0
        while not stopping():
            batch = self.consumer.batch
            changes = self.archive.changes.after(lease.position, kind=self.consumer.kind, limit=batch)
            if changes:
                self.consumer.apply(changes, lease)
                lease = self.archive.changes.advance(lease, changes[-1].seq)
                handed += len(changes)
            if len(changes) < batch:
                self._drained_to = last  # what came since is found by the next drain
                break
            self.archive.changes.renew(lease, now=self.clock(), duration=LEASE_DURATION)
        return handed

    def restart(self) -> None:
        """Call `Consumer.start` again before the next drain, after an error."""
        self._started = False
