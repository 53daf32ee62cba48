"""The change log in SQL, and the cursors and leases of its consumers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from archive.errors import LeaseLost
from archive.labels import Label, LabelKind
from archive.sql.connections.database import Database
from archive.sql.schema import changes, cursors, head
from archive.store.changes import Change, ChangeKind, Cursor, Lease


class SqlChanges:
    """`Changes` (archive.store.changes) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(head.c.seq)).scalar_one())

    def last(self, kind: ChangeKind = ChangeKind.ARTICLE) -> int:
        statement = select(func.max(changes.c.seq)).where(changes.c.kind == kind.value)
        with self._database.reading() as connection:
            return connection.execute(statement).scalar_one() or 0

    def after(self, position: int, *, kind: ChangeKind, limit: int) -> Sequence[Change]:
        statement = (
            select(changes)
            .where(changes.c.kind == kind.value, changes.c.seq > position)
            .order_by(changes.c.seq)
            .limit(limit)
        )
        with self._database.reading() as connection:
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

    def acquire(self, consumer: str, *, owner: str, now: datetime, duration: timedelta) -> Lease | None:
        with self._database.writing() as connection:
            lock_log(connection)  # so that two workers cannot both acquire the lease
            row = connection.execute(select(cursors).where(cursors.c.consumer == consumer)).one_or_none()
            if row is None:
                first = {"consumer": consumer, "position": 0, "holder": owner, "fence": 1, "until": now + duration}
                connection.execute(insert(cursors), first)
                return Lease(consumer, owner, fence=1, position=0)
            if row.holder != owner and row.until is not None and row.until > now:
                return None
            fence = row.fence + 1
            leased = {"holder": owner, "fence": fence, "until": now + duration}
            connection.execute(update(cursors).where(cursors.c.consumer == consumer).values(**leased))
            return Lease(consumer, owner, fence=fence, position=row.position)

    def renew(self, lease: Lease, *, now: datetime, duration: timedelta) -> None:
        with self._database.writing() as connection:
            _update_leased(connection, lease, {"until": now + duration})

    def advance(self, lease: Lease, position: int) -> Lease:
        with self._database.writing() as connection:
            _update_leased(connection, lease, {"position": position})
        return Lease(lease.consumer, lease.owner, lease.fence, position)

    def rewind(self, consumer: str) -> None:
        start = {"position": 0, "fence": cursors.c.fence + 1, "until": None}
        with self._database.writing() as connection:
            lock_log(connection)
            connection.execute(update(cursors).where(cursors.c.consumer == consumer).values(**start))

    def cursor(self, consumer: str) -> Cursor | None:
        with self._database.reading() as connection:
            row = connection.execute(select(cursors).where(cursors.c.consumer == consumer)).one_or_none()
        return None if row is None else _cursor(row)

    def cursors(self) -> Sequence[Cursor]:
        with self._database.reading() as connection:
            rows = connection.execute(select(cursors).order_by(cursors.c.consumer)).all()
        return [_cursor(row) for row in rows]


def lock_log(connection: Connection) -> int:
    """Lock the log's head row until the commit, which serializes all writers; returns the log's last position."""
    return int(connection.execute(update(head).values(seq=head.c.seq).returning(head.c.seq)).scalar_one())


def set_last_position(connection: Connection, seq: int) -> None:
    """Set the log's last position. The caller's transaction must have locked the log."""
    connection.execute(update(head).values(seq=seq))


def check_lease(connection: Connection, lease: Lease) -> None:
    """Raise LeaseLost if the lease is stale. The caller's transaction must have locked the log."""
    valid = select(cursors.c.fence).where(cursors.c.consumer == lease.consumer, cursors.c.fence == lease.fence)
    if connection.execute(valid).one_or_none() is None:
        raise LeaseLost(lease.consumer, lease.owner)


def _cursor(row: Row[Any]) -> Cursor:
    return Cursor(row.consumer, row.position, row.holder, row.fence, row.until)


def _update_leased(connection: Connection, lease: Lease, values: dict[str, object]) -> None:
    """Update the cursor of a lease. Raises LeaseLost if the lease is stale."""
    updated = connection.execute(
        update(cursors)
        .where(cursors.c.consumer == lease.consumer, cursors.c.fence == lease.fence)
        .values(**values)
        .returning(cursors.c.fence)
    )
    if updated.one_or_none() is None:
        raise LeaseLost(lease.consumer, lease.owner)
