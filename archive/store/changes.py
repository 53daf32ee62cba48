"""The log of changes, and the cursors of those who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from archive.labels import Label


class ChangeKind(StrEnum):
    ARTICLE = "article"
    RENDITION = "rendition"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. `subject` is an article's id or a rendition's path.

    `labels` and `days` are those of the article before and after, so that whoever keeps a list for
    them knows that it has changed."""

    seq: int
    kind: ChangeKind
    subject: str
    revision: int
    labels: frozenset[Label] = frozenset()
    days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to move one consumer's cursor. `fence` grows each time the turn changes hands."""

    consumer: str
    holder: str
    fence: int
    position: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a consumer is, and who holds its turn until when."""

    consumer: str
    position: int
    holder: str
    fence: int
    until: datetime | None
