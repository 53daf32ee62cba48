"""The port for intents: requests to subscribe or unsubscribe that no callback has confirmed yet (WebSub §5.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from archive.store.subscriptions import Subscription, subscription_id


class Mode(StrEnum):
    """The `hub.mode` of an intent. DENIED comes from the hub itself: it notifies the subscriber (WebSub §5.2)."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An unverified request to subscribe or unsubscribe. No effect until the callback confirms it (WebSub §5.3).

    Callback URLs are capabilities, as good as passwords: neither they nor secrets are in the repr. `path` is the
    document's path, `topic` its URL as requested, `lease` the requested duration. `position` is the log position at
    the time of the request, so that changes before the confirmation are delivered too. `ticket` distinguishes
    successive intents for the same document and callback."""

    ticket: str
    mode: Mode
    path: str
    topic: str
    callback: str = field(repr=False)
    host: str
    secret: str | None = field(default=None, repr=False)
    lease: timedelta = timedelta()
    reason: str = ""
    position: int = 0
    attempts: int = 0

    @property
    def id(self) -> str:
        return subscription_id(self.path, self.callback)


def denial(subject: Intent | Subscription, *, ticket: str, reason: str, attempts: int = 0) -> Intent:
    """The intent that notifies a subject's callback that its subscription is denied (WebSub §5.2)."""
    return Intent(
        ticket=ticket,
        mode=Mode.DENIED,
        path=subject.path,
        topic=subject.topic,
        callback=subject.callback,
        host=subject.host,
        reason=reason,
        attempts=attempts,
    )


class Intents(Protocol):
    """Subscription requests that their callbacks have not confirmed yet (WebSub §5.3).

    Workers claim intents: one that is not finished within `duration` is due again."""

    def add(self, intent: Intent, *, now: datetime, max_waiting: int) -> bool:
        """Store an intent, replacing an earlier one for the same document and callback.

        Returns False, and stores nothing, if `max_waiting` others are waiting."""
        ...

    def claim(
        self, owner: str, *, now: datetime, duration: timedelta, limit: int, except_hosts: Collection[str] = ()
    ) -> Sequence[Intent]:
        """Claim due intents for `duration`, longest due first; at most `limit`, none of `except_hosts`."""
        ...

    def confirm(self, intent: Intent, *, now: datetime, until: datetime) -> bool:
        """Begin or renew the subscription until `until`, or end it, according to the intent's mode; delete the intent.

        Returns False, and changes nothing, if the intent was replaced in the meantime."""
        ...

    def drop(self, intent: Intent) -> None:
        """Delete an intent, unless it was replaced. An existing subscription is not changed."""
        ...

    def retry(self, intent: Intent, *, due: datetime) -> None:
        """Count a failed attempt and try again at `due`."""
        ...

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        """End the claims of these intents, which are due again at `due`."""
        ...

    def release(self, owner: str, *, now: datetime) -> None:
        """End this owner's claims; their subjects are due at `now`."""
        ...

    def count(self) -> int:
        """The number of intents that are waiting."""
        ...
