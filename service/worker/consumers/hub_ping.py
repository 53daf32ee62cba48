"""Tells a hub elsewhere which documents have changed (WebSub §6)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from archive.errors import DatelineError
from archive.site import Site
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from archive.store.consumers import Outbox
from service.outbound.client import Outgoing
from service.outbound.errors import NoAnswer
from service.websub.protocol import (
    BACKOFF,
    FORM,
    ping,
)

log = logging.getLogger(__name__)

PINGER: Final = "hub"


class Pinger:
    """Tells a hub elsewhere of every document that has changed; a consumer of the log."""

    name = PINGER
    kind = ChangeKind.RENDITION
    batch = 50  # the turn is renewed after each

    def __init__(self, archive: Archive, site: Site, hub: str, outgoing: Outgoing) -> None:
        self.archive = archive
        self.site = site
        self.hub = hub
        self.outgoing = outgoing

    def start(self, lease: Lease) -> int:
        """A hub that was never told anything need not hear of all that was."""
        return lease.position or self.archive.changes.last(self.kind)

    def lost(self, position: int) -> bool:
        del position
        return False

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        """Raises NoAnswer where the hub does not take it; then all are told again."""
        del lease
        for path in dict.fromkeys(change.subject for change in changes):
            # One at a time: not every hub takes several.
            reply = self.outgoing.post(self.hub, ping([self.site.absolute(path)]), {"Content-Type": FORM})
            if not 200 <= reply.status < 300:
                raise NoAnswer(f"the hub answered {reply.status}")


class Pings:
    """The pinger as a job that lets a hub which does not answer alone for longer and longer."""

    def __init__(self, outbox: Outbox, outgoing: Outgoing, *, clock: Callable[[], datetime]) -> None:
        self.outbox = outbox
        self.outgoing = outgoing
        self.clock = clock
        self._failures = 0
        self._not_before: datetime | None = None

    def run(self, stopping: Callable[[], bool] = lambda: False) -> None:
        if self._not_before is not None and self.clock() < self._not_before:
            return
        try:
            self.outbox.drain(stopping=stopping)
        except DatelineError as error:
            self.outbox.restart()
            self._not_before = self.clock() + BACKOFF[min(self._failures, len(BACKOFF) - 1)]
            self._failures += 1
            log.warning("%s; telling it again at %s", error, self._not_before)
        else:
            self._failures, self._not_before = 0, None

    def close(self) -> None:
        """What is under way is cut, and told again by the next worker."""
        self.outgoing.abort()
