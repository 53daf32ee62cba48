"""Marks the subscriptions of documents that have changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from service.websub.protocol import (
    SOON,
)

log = logging.getLogger(__name__)

ANNOUNCER: Final = "websub"


class Announcer:
    """Marks the subscribers of every document that has changed. Calls nobody."""

    name = ANNOUNCER
    kind = ChangeKind.RENDITION
    batch = 5000

    def __init__(self, archive: Archive, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.clock = clock

    def start(self, lease: Lease) -> int:
        return lease.position

    def lost(self, position: int) -> bool:
        del position
        return False  # the marks stand in the archive itself

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        del lease  # marking twice is marking once
        now = self.clock()
        positions = {change.subject: change.seq for change in changes}
        concerned = self.archive.subscriptions.mark_due(positions, now=now, retry_at=now + SOON)
        if concerned:
            log.info("%d subscribers are to be told of changes", concerned)
