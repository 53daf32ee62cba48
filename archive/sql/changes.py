"""The log's readers: changes after a cursor, and turns that only one worker holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from archive.errors import TurnLost
from archive.labels import Label, LabelKind
from archive.sql.schema import changes, cursors
from archive.store.changes import Change, ChangeKind, Cursor, Turn


def changes_after(connection: Connection, position: int, *, kind: ChangeKind, limit: int) -> list[Change]:
    statement = (
        select(changes)
        .where(changes.c.kind == kind.value, changes.c.seq > position)
        .order_by(changes.c.seq)
        .limit(limit)
    )
    return [
        Change(
            seq=row.seq,
            kind=ChangeKind(row.kind),
            subject=row.subject,
            revision=row.revision,
            labels=frozenset(Label(LabelKind(label_kind), key) for label_kind, key in row.labels),
            days=frozenset(date.fromisoformat(day) for day in row.days),
        )
        for row in connection.execute(statement)
    ]


def last_change(connection: Connection, kind: ChangeKind) -> int:
    statement = select(func.max(changes.c.seq)).where(changes.c.kind == kind.value)
    return connection.execute(statement).scalar_one() or 0


def take_turn(connection: Connection, consumer: str, *, holder: str, now: datetime, lasting: timedelta) -> Turn | None:
    """The caller's transaction must hold the head row's lock, so that two do not take one turn."""
    row = connection.execute(select(cursors).where(cursors.c.consumer == consumer)).one_or_none()
    if row is None:
        first = {"consumer": consumer, "position": 0, "holder": holder, "fence": 1, "until": now + lasting}
        connection.execute(insert(cursors), first)
        return Turn(consumer, holder, fence=1, position=0)
    held_by_other = row.holder != holder and row.until is not None and row.until > now
    if held_by_other:
        return None
    fence = row.fence + 1
    connection.execute(
        update(cursors).where(cursors.c.consumer == consumer).values(holder=holder, fence=fence, until=now + lasting)
    )
    return Turn(consumer, holder, fence=fence, position=row.position)


def renew(connection: Connection, turn: Turn, *, now: datetime, lasting: timedelta) -> None:
    renewed = connection.execute(
        update(cursors)
        .where(cursors.c.consumer == turn.consumer, cursors.c.fence == turn.fence)
        .values(until=now + lasting)
        .returning(cursors.c.fence)
    )
    if renewed.one_or_none() is None:
        raise TurnLost(turn.consumer, turn.holder)


def check_turn(connection: Connection, turn: Turn) -> None:
    """Raises TurnLost for a stale turn. The caller's transaction must hold the head row's lock."""
    held = select(cursors.c.fence).where(cursors.c.consumer == turn.consumer, cursors.c.fence == turn.fence)
    if connection.execute(held).one_or_none() is None:
        raise TurnLost(turn.consumer, turn.holder)


def move(connection: Connection, turn: Turn, position: int) -> Turn:
    """The turn at its new position. Raises TurnLost for a stale one."""
    moved = connection.execute(
        update(cursors)
        .where(cursors.c.consumer == turn.consumer, cursors.c.fence == turn.fence)
        .values(position=position)
        .returning(cursors.c.fence)
    )
    if moved.one_or_none() is None:
        raise TurnLost(turn.consumer, turn.holder)
    return Turn(turn.consumer, turn.holder, turn.fence, position)


def rewind(connection: Connection, consumer: str) -> None:
    connection.execute(
        update(cursors).where(cursors.c.consumer == consumer).values(position=0, fence=cursors.c.fence + 1, until=None)
    )


def one_cursor(connection: Connection, consumer: str) -> Cursor | None:
    row = connection.execute(select(cursors).where(cursors.c.consumer == consumer)).one_or_none()
    return None if row is None else Cursor(row.consumer, row.position, row.holder, row.fence, row.until)


def all_cursors(connection: Connection) -> list[Cursor]:
    rows = connection.execute(select(cursors).order_by(cursors.c.consumer))
    return [Cursor(row.consumer, row.position, row.holder, row.fence, row.until) for row in rows]
