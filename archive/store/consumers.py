"""What follows a change: consumers of the log, each with a cursor and a turn that one worker holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease

LEASE_DURATION = timedelta(seconds=30)


class Consumer(Protocol):
    """Does something about changes. Doing it twice must be the same as doing it once: a worker that
    dies before its cursor has moved is followed by one that does it again."""

    name: str
    kind: ChangeKind

    @property
    def batch(self) -> int:
        """Changes at a time, at most."""
        ...

    def start(self, lease: Lease) -> int:
        """Called when a worker begins: where to go on, which may be before `lease.position`."""
        ...

    def lost(self, position: int) -> bool:
        """Whether what was done up to a position is gone, so that `start` has to find out where to go on."""
        ...

    def apply(self, changes: Sequence[Change], lease: Lease) -> None: ...


class ConsumerRunner:
    """Drains the log into one consumer, for one worker.

    `owner` names the worker's place; whoever uses a name must be sure that nobody else does."""

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
        """Hand over everything that is new; how many changes there were.

        Costs two small reads while there is nothing new. Gives 0 while another worker has the lease.
        Raises TurnLost when this worker was too slow and another one has taken over."""
        last = self.archive.changes.last(self.consumer.kind)
        cursor = self.archive.changes.cursor(self.consumer.name)
        if cursor is None or cursor.fence != self._fence:
            self._started = False  # somebody else had the lease since, or has moved the cursor
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
        """Begin again with `Consumer.start`, after something went wrong."""
        self._started = False
