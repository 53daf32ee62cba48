"""The port for WebSub subscriptions to finished documents, and their deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A confirmed subscription to a document, until its lease ends at `until`.

    `wanted` is the log position of the document's newest change, `delivered` the position of the last delivery, and
    `etag` the ETag of the bytes delivered then. `behind_since` is when that change was marked as
    due, `failures` the number of failed deliveries since the last successful one, and `due` the time of the next
    delivery; None if none is due."""

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
    """A successful delivery: the subscriber has the document as of a log position."""

    id: str
    position: int
    etag: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed delivery. `due` is the next attempt; None: no attempt until the document changes again.

    `wanted` is the subscription's position when the delivery began: if the stored one is greater, it has changed."""

    id: str
    wanted: int
    due: datetime | None


def subscription_id(path: str, callback: str) -> str:
    """The id of the one subscription for a document and a callback: their SHA-256, in hexadecimal digits."""
    return sha256(f"{path}\0{callback}".encode("utf-8", "surrogatepass")).hexdigest()


class Subscriptions(Protocol):
    """Confirmed subscriptions and their due deliveries. Expired ones are never claimed."""

    def mark_due(self, positions: Mapping[str, int], *, now: datetime, retry_at: datetime) -> int:
        """Mark the subscriptions to documents that changed at these log positions as due; returns their number.

        They are due now; those with failed deliveries are due at `retry_at`, unless they are due sooner."""
        ...

    def claim(
        self, owner: str, *, now: datetime, duration: timedelta, limit: int, except_hosts: Collection[str] = ()
    ) -> Sequence[Subscription]:
        """Claim due subscriptions for `duration`, longest due first; at most `limit`, none of `except_hosts`.

        One that is not finished within `duration` is due again."""
        ...

    def record_results(
        self, *, delivered: Sequence[Delivered] = (), failed: Sequence[Failed] = (), now: datetime
    ) -> None:
        """Store the results of deliveries. A subscription whose document changed meanwhile is due at once."""
        ...

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        """End the claims of these subscriptions, which are due again at `due`."""
        ...

    def end(self, ids: Sequence[str]) -> None:
        """Delete subscriptions."""
        ...

    def deny(self, subscription: Subscription, *, ticket: str, reason: str, now: datetime) -> None:
        """Delete a subscription, and add a DENIED intent that sends the reason to its callback (WebSub §5.2)."""
        ...

    def release(self, owner: str, *, now: datetime) -> None:
        """End this owner's claims; their subjects are due at `now`."""
        ...

    def expire(self, *, now: datetime) -> int:
        """Delete subscriptions whose lease has ended; returns their number."""
        ...

    def get(self, subscription_id: str) -> Subscription | None:
        """The subscription with this id, expired or not; None if there is none."""
        ...

    def every(self, *, now: datetime) -> Iterator[Subscription]:
        """All subscriptions that have not expired, ordered by id, read lazily."""
        ...
