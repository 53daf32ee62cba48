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
class Told:
    """A subscriber has the document as it was at a log position."""

    id: str
    position: int
    etag: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A subscriber could not be told. `due` is the next attempt; None: none until the document changes
    again, which it has if `wanted` is not the subscription's any more."""

    id: str
    wanted: int
    due: datetime | None


def subscription_id(path: str, callback: str) -> str:
    """There is one subscription for each document and callback."""
    return sha256(f"{path}\0{callback}".encode("utf-8", "surrogatepass")).hexdigest()


class Subscriptions(Protocol):
    """Intents and subscriptions with the work that is due for them.

    Work is claimed: who has claimed it must finish it within `lasting`, else it is due again. `besides`
    are hosts that are not to be called now. Nothing of an expired lease is ever claimed."""

    def ask(self, intent: Intent, *, now: datetime, most: int) -> bool:
        """Keep an intent, in place of an earlier one for the same document and callback.

        False, and nothing kept, where `most` others are waiting already."""
        ...

    def claim_intents(
        self, holder: str, *, now: datetime, lasting: timedelta, limit: int, besides: Collection[str] = ()
    ) -> Sequence[Intent]:
        """Intents to be verified, oldest first."""
        ...

    def confirm(self, intent: Intent, *, now: datetime, until: datetime) -> bool:
        """Do what the callback has confirmed: begin or renew with a lease until then, or end.

        False, and nothing done, where another intent has taken the place of this one."""
        ...

    def drop(self, intent: Intent) -> None:
        """Forget an intent; the subscription stays as it was. One in its place stays."""
        ...

    def repeat(self, intent: Intent, *, due: datetime) -> None:
        """Try an intent again later: its callback gave no answer."""
        ...

    def announce(self, positions: Mapping[str, int], *, now: datetime, soon: datetime) -> int:
        """Documents have changed at these log positions; how many subscriptions that concerns.

        Subscribers are due now; those that have been failing are due at `soon`, unless they are sooner."""
        ...

    def claim(
        self, holder: str, *, now: datetime, lasting: timedelta, limit: int, besides: Collection[str] = ()
    ) -> Sequence[Subscription]:
        """Subscriptions to be told, those that are due for longest first."""
        ...

    def settle(self, *, told: Sequence[Told] = (), missed: Sequence[Missed] = (), now: datetime) -> None:
        """What became of deliveries. What changed in the meantime is due at once."""
        ...

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        """Give claimed subscriptions back, to be due then."""
        ...

    def postpone_intents(self, ids: Sequence[str], *, due: datetime) -> None:
        """Give claimed intents back, to be due then."""
        ...

    def end(self, ids: Sequence[str]) -> None: ...

    def deny(self, subscription: Subscription, *, ticket: str, reason: str, now: datetime) -> None:
        """End a subscription, and let its callback be told why."""
        ...

    def release(self, holder: str, *, now: datetime) -> None:
        """What a worker of this name had claimed is due at once."""
        ...

    def expire(self, *, now: datetime) -> int:
        """Forget subscriptions whose lease has ended; how many."""
        ...

    def get(self, subscription: str) -> Subscription | None:
        """By id, expired or not."""
        ...

    def every(self, *, now: datetime) -> Iterator[Subscription]:
        """Those whose lease lasts, by id."""
        ...

    def waiting(self) -> int:
        """How many intents there are."""
        ...
