"""Marks the subscriptions of changed documents as due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from service.dateline import Dateline
from service.websub.retries import CHANGE_RETRY_DELAY

log = logging.getLogger(__name__)


class SubscribersConsumer:
    """Marks the subscriptions of changed documents as due. The push job makes the calls."""

    name = "websub"  # of the cursor in the database
    kind = ChangeKind.RENDITION
    batch = 5000  # changes

    def __init__(self, archive: Archive, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.clock = clock

    def start(self, lease: Lease) -> int:
        return lease.position

    def lost(self, position: int) -> bool:
        del position
        return False  # the marks are in the archive itself

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        del lease  # marking twice has the effect of marking once
        now = self.clock()
        positions = {change.subject: change.seq for change in changes}
        due = self.archive.subscriptions.mark_due(positions, now=now, retry_at=now + CHANGE_RETRY_DELAY)
        if due:
            log.info("%d subscriptions are due", due)


def subscribers_consumer(dateline: Dateline) -> SubscribersConsumer:
    """The consumer for this site."""
    return SubscribersConsumer(dateline.archive, clock=dateline.clock)
