"""Who is told when a finished document changes: subscriptions, and the intents that they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol


class Mode(StrEnum):
    """What an intent asks for. A denial is the hub's own: the subscriber is told that it ends."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What somebody says that a callback wants. It changes nothing until the callback has confirmed it.

    Callbacks are as good as passwords: neither they nor secrets appear where an intent is printed.
    `position` is that of the log when it was asked, so that what changes until it is confirmed counts."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A confirmed wish to be told about a document until its lease ends.

    `wanted` is the log position of the newest change, `delivered` that up to which the subscriber knows
    the document, `etag` that of the bytes it got last; `behind_since` is when it began to be behind, and
    `failures` counts the deliveries that have failed since the last one that has not."""

    path: str
    topic: str
    callback: str = field(repr=False)
    host: str
    secret: str | None = field(repr=False)
    until: datetime
    wanted: int
    delivered: int
    etag: str | None
    failures: int
    behind_since: datetime | None
    due: datetime | None

    @property
    def id(self) -> str:
        return subscription_id(self.path, self.callback)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A subscriber has received the document as of a log position."""

    id: str
    position: int
    etag: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A delivery failed. `due` is the next attempt; None: no attempt until the document changes again, which it
    has if the subscription's `wanted` differs from this one."""

    id: str
    wanted: int
    due: datetime | None


def subscription_id(path: str, callback: str) -> str:
    """There is one subscription for each document and callback."""
    return sha256(f"{path}\0{callback}".encode("utf-8", "surrogatepass")).hexdigest()


class Intents(Protocol):
    """Subscription requests whose callbacks have not confirmed them yet (WebSub §5.3).

    Work is leased by claiming it: a claim that is not finished within `duration` is due again."""

    def add(self, intent: Intent, *, now: datetime, max_waiting: int) -> bool:
        """Store an intent in place of an earlier one for the same document and callback.

        Returns False, and stores nothing, if `max_waiting` others are waiting."""
        ...

    def claim(
        self, owner: str, *, now: datetime, duration: timedelta, limit: int, except_hosts: Collection[str] = ()
    ) -> Sequence[Intent]:
        """Intents to be verified, oldest first."""
        ...

    def confirm(self, intent: Intent, *, now: datetime, until: datetime) -> bool:
        """Begin or renew the subscription with a lease until `until`, or end it, as the intent says.

        Returns False, and changes nothing, if the intent was replaced in the meantime."""
        ...

    def drop(self, intent: Intent) -> None:
        """Delete an intent, unless it was replaced. The subscription stays."""
        ...

    def retry(self, intent: Intent, *, due: datetime) -> None:
        """Count a failed attempt and try again at `due`."""
        ...

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        """Return claimed intents, to be due at `due`."""
        ...

    def release(self, owner: str, *, now: datetime) -> None:
        """Make due at once what this owner had claimed."""
        ...

    def count(self) -> int: ...


class Subscriptions(Protocol):
    """Confirmed subscriptions and their due deliveries. Expired ones are never claimed."""

    def mark_due(self, positions: Mapping[str, int], *, now: datetime, retry_at: datetime) -> int:
        """Documents have changed at these log positions; returns the number of subscriptions concerned.

        They are due now; those with failed deliveries are due at `retry_at`, unless they are due sooner."""
        ...

    def claim(
        self, owner: str, *, now: datetime, duration: timedelta, limit: int, except_hosts: Collection[str] = ()
    ) -> Sequence[Subscription]:
        """Due subscriptions, longest due first. A claim that is not finished within `duration` is due again."""
        ...

    def record_results(
        self, *, delivered: Sequence[Delivered] = (), failed: Sequence[Failed] = (), now: datetime
    ) -> None:
        """Store the results of deliveries. A subscription whose document changed meanwhile is due at once."""
        ...

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        """Return claimed subscriptions, to be due at `due`."""
        ...

    def end(self, ids: Sequence[str]) -> None:
        """Delete subscriptions."""
        ...

    def deny(self, subscription: Subscription, *, ticket: str, reason: str, now: datetime) -> None:
        """Delete a subscription and add an intent that tells its callback the reason (WebSub §5.2)."""
        ...

    def release(self, owner: str, *, now: datetime) -> None:
        """Make due at once what this owner had claimed."""
        ...

    def expire(self, *, now: datetime) -> int:
        """Delete subscriptions whose lease has ended; returns their number."""
        ...

    def get(self, subscription_id: str) -> Subscription | None:
        """Expired or not."""
        ...

    def every(self, *, now: datetime) -> Iterator[Subscription]:
        """Subscriptions that have not expired, by id."""
        ...
