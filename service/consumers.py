"""How the worker runs each consumer of the change log. The health check reads this table, too.

Names only: importing the consumers loads the feed builder, which costs a web process 11 MB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from archive.store.changes import ChangeKind
from service.websub.retries import BACKOFF

POLL_INTERVAL: Final = timedelta(seconds=1)  # a wakeup usually starts a drain earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How one consumer runs.

    `kind`: of the changes that it reads. With `on_wakeup`, a drain starts as soon as something is published; otherwise
    at the next `interval`. `backoff`: waits after failures; the last one repeats."""

    kind: ChangeKind
    interval: timedelta = POLL_INTERVAL
    on_wakeup: bool = True
    backoff: Sequence[timedelta] = ()

    @property
    def is_monitored(self) -> bool:
        """Whether the health check reports how far the consumer is behind: it should handle each article at once."""
        return self.kind is ChangeKind.ARTICLE and self.on_wakeup


# By the name of the cursor, which is stored in the database.
SCHEDULES: Final[dict[str, Schedule]] = {
    "feeds": Schedule(kind=ChangeKind.ARTICLE),
    "index": Schedule(kind=ChangeKind.ARTICLE),
    "websub": Schedule(kind=ChangeKind.RENDITION),
    "sitemaps": Schedule(kind=ChangeKind.ARTICLE, interval=timedelta(minutes=1), on_wakeup=False),
    "hub": Schedule(kind=ChangeKind.RENDITION, backoff=BACKOFF),
}
