"""What follows a change: consumers of the log, each with a cursor and a turn that one worker holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Turn

TURN_LASTS = timedelta(seconds=30)


class Consumer(Protocol):
    """Does something about changes. Doing it twice must be the same as doing it once: a worker that
    dies before its cursor has moved is followed by one that does it again."""

    name: str
    kind: ChangeKind

    @property
    def batch(self) -> int:
        """Changes at a time, at most."""
        ...

    def start(self, turn: Turn) -> int:
        """Called when a worker begins: where to go on, which may be before `turn.position`."""
        ...

    def lost(self, position: int) -> bool:
        """Whether what was done up to a position is gone, so that `start` has to find out where to go on."""
        ...

    def apply(self, changes: Sequence[Change], turn: Turn) -> None: ...


class Outbox:
    """Drains the log into one consumer, for one worker.

    `holder` names the worker's place; whoever uses a name must be sure that nobody else does."""

    def __init__(
        self,
        archive: Archive,
        consumer: Consumer,
        *,
        holder: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.archive = archive
        self.consumer = consumer
        self.holder = holder
        self.clock = clock
        self._started = False
        self._drained_to = -1
        self._fence = -1

    def drain(self, *, stopping: Callable[[], bool] = lambda: False) -> int:
        """Hand over everything that is new; how many changes there were.

        Costs two small reads while there is nothing new. Gives 0 while another worker has the turn.
        Raises TurnLost when this worker was too slow and another one has taken over."""
        last = self.archive.last_change(self.consumer.kind)
        cursor = self.archive.cursor(self.consumer.name)
        if cursor is None or cursor.fence != self._fence:
            self._started = False  # somebody else had the turn since, or has moved the cursor
        elif self.consumer.lost(cursor.position):
            self._started = False
        elif self._started and last == self._drained_to:
            return 0
        turn = self.archive.take_turn(self.consumer.name, holder=self.holder, now=self.clock(), lasting=TURN_LASTS)
        if turn is None:
            return 0
        self._fence = turn.fence
        if not self._started:
            position = self.consumer.start(turn)
            if position != turn.position:
                turn = self.archive.advance(turn, position)
            self._started = True
        return self._hand_over(turn, last, stopping)

    def _hand_over(self, turn: Turn, last: int, stopping: Callable[[], bool]) -> int:
        handed = 0
        while not stopping():
            batch = self.consumer.batch
            changes = self.archive.changes(turn.position, kind=self.consumer.kind, limit=batch)
            if changes:
                self.consumer.apply(changes, turn)
                turn = self.archive.advance(turn, changes[-1].seq)
                handed += len(changes)
            if len(changes) < batch:
                self._drained_to = last  # what came since is found by the next drain
                break
            self.archive.renew(turn, now=self.clock(), lasting=TURN_LASTS)
        return handed

    def restart(self) -> None:
        """Begin again with `Consumer.start`, after something went wrong."""
        self._started = False
