"""The port for the change log, with the leases and cursors of its consumers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from archive.labels import Label


class ChangeKind(StrEnum):
    ARTICLE = "article"
    RENDITION = "rendition"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. `subject` is an article's id or a rendition's path.

    `labels` and `days` are the union of the article's before and after the change, as far as it was public: they
    identify every list that may have changed."""

    seq: int
    kind: ChangeKind
    subject: str
    revision: int
    labels: frozenset[Label] = frozenset()
    days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Lease:
    """The exclusive right to move one consumer's cursor, which is at `position`.

    `fence` (a fencing token) grows with every new lease of the consumer."""

    consumer: str
    owner: str
    fence: int
    position: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """A consumer's position in the log, and its lease: `owner` has it until `until` (UTC; None: it has ended)."""

    consumer: str
    position: int
    owner: str
    fence: int
    until: datetime | None


class Changes(Protocol):
    """The append-only log of all changes, in commit order, and the cursor of every consumer."""

    def head(self) -> int:
        """The position of the last change of any kind; 0 in an empty archive."""
        ...

    def last(self, kind: ChangeKind = ChangeKind.ARTICLE) -> int:
        """The position of the last change of a kind; 0 if there is none."""
        ...

    def after(self, position: int, *, kind: ChangeKind, limit: int) -> Sequence[Change]:
        """The changes of a kind after a position, oldest first."""
        ...

    def acquire(self, consumer: str, *, owner: str, now: datetime, duration: timedelta) -> Lease | None:
        """Lease a consumer's cursor; None while another owner's lease is valid.

        The same owner may acquire it again, which makes its earlier lease stale."""
        ...

    def renew(self, lease: Lease, *, now: datetime, duration: timedelta) -> None:
        """Extend a lease until `now` + `duration`. Raises LeaseLost."""
        ...

    def advance(self, lease: Lease, position: int) -> Lease:
        """Move the cursor, forwards or backwards. Raises LeaseLost, and moves nothing, if the lease is stale."""
        ...

    def rewind(self, consumer: str) -> None:
        """Move a consumer's cursor to the start of the log and end its lease."""
        ...

    def cursor(self, consumer: str) -> Cursor | None:
        """A consumer's cursor; None if the consumer has never had a lease."""
        ...

    def cursors(self) -> Sequence[Cursor]:
        """The cursors of all consumers that have had a lease, ordered by name."""
        ...
