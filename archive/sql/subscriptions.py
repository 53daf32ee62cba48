"""The port for subscriptions and their due deliveries, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, delete, literal, or_, select, update

from archive.sql import claims
from archive.sql.connections.database import Database
from archive.sql.intents import put_intent
from archive.sql.schema import Instant, subscriptions
from archive.store.intents import denial
from archive.store.subscriptions import Delivered, Failed, Subscription
from archive.util.chunks import MAX_BOUND_VALUES, chunked

_DELIVERED = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("delivered_id"))
    .values(
        delivered=bindparam("position"),
        etag=bindparam("tag"),
        failures=0,
        claimed_by=None,
        due=case((subscriptions.c.wanted > bindparam("position"), bindparam("now", type_=Instant))),
    )
)
_FAILED = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("failed_id"))
    .values(failures=subscriptions.c.failures + 1, claimed_by=None, due=bindparam("next"))
)
_GIVEN_UP = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("failed_id"))
    .values(
        failures=subscriptions.c.failures + 1,
        claimed_by=None,
        due=case((subscriptions.c.wanted > bindparam("seen"), bindparam("now", type_=Instant))),
    )
)


class SqlSubscriptions:
    """`Subscriptions` (archive.store.subscriptions) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark_due(self, positions: Mapping[str, int], *, now: datetime, retry_at: datetime) -> int:
        with self._database.reading() as connection:
            subscribed: set[str] = set()
            for some in chunked(list(positions)):
                known = select(subscriptions.c.path).where(subscriptions.c.path.in_(some)).distinct()
                subscribed.update(connection.execute(known).scalars())
        if not subscribed:
            return 0
        concerned = 0
        with self._database.writing() as connection:
            for path in sorted(subscribed):
                concerned += connection.execute(_marked_due(path, positions[path], now=now, retry_at=retry_at)).rowcount
        return concerned

    def claim(
        self, owner: str, *, now: datetime, duration: timedelta, limit: int, except_hosts: Collection[str] = ()
    ) -> Sequence[Subscription]:
        due = claims.due_rows(subscriptions, now=now, limit=limit, except_hosts=except_hosts)
        due = due.where(subscriptions.c.until > now)
        return [_subscription(row) for row in claims.claim(self._database, subscriptions, due, owner, now + duration)]

    def record_results(
        self, *, delivered: Sequence[Delivered] = (), failed: Sequence[Failed] = (), now: datetime
    ) -> None:
        again = [{"failed_id": one.id, "next": one.due} for one in failed if one.due is not None]
        given_up = [{"failed_id": one.id, "seen": one.wanted, "now": now} for one in failed if one.due is None]
        received = [
            {"delivered_id": one.id, "position": one.position, "tag": one.etag, "now": now} for one in delivered
        ]
        with self._database.writing() as connection:
            for statement, results in ((_DELIVERED, received), (_FAILED, again), (_GIVEN_UP, given_up)):
                if results:
                    connection.execute(statement, results)

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        claims.postpone(self._database, subscriptions, ids, due)

    def end(self, ids: Sequence[str]) -> None:
        with self._database.writing() as connection:
            for some in chunked(ids):
                connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(some)))

    def deny(self, subscription: Subscription, *, ticket: str, reason: str, now: datetime) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(subscriptions).where(subscriptions.c.id == subscription.id))
            put_intent(connection, denial(subscription, ticket=ticket, reason=reason), position=0, now=now)

    def release(self, owner: str, *, now: datetime) -> None:
        claims.release(self._database, subscriptions, owner, now)

    def expire(self, *, now: datetime) -> int:
        with self._database.reading() as connection:
            if (
                connection.execute(select(subscriptions.c.id).where(subscriptions.c.until <= now).limit(1)).first()
                is None
            ):
                return 0
        with self._database.writing() as connection:
            return connection.execute(delete(subscriptions).where(subscriptions.c.until <= now)).rowcount

    def get(self, subscription_id: str) -> Subscription | None:
        with self._database.reading() as connection:
            row = connection.execute(select(subscriptions).where(subscriptions.c.id == subscription_id)).one_or_none()
        return None if row is None else _subscription(row)

    def every(self, *, now: datetime) -> Iterator[Subscription]:
        after = ""
        while True:
            some = select(subscriptions).where(subscriptions.c.id > after, subscriptions.c.until > now)
            with self._database.reading() as connection:
                rows = connection.execute(some.order_by(subscriptions.c.id).limit(MAX_BOUND_VALUES)).all()
            if not rows:
                return
            yield from map(_subscription, rows)
            after = rows[-1].id


def _marked_due(path: str, position: int, *, now: datetime, retry_at: datetime) -> Any:
    table = subscriptions
    later: ColumnElement[bool] = and_(table.c.failures > 0, or_(table.c.due.is_(None), table.c.due > retry_at))
    return (
        update(table)
        .where(table.c.path == path, table.c.wanted < position, table.c.until > now)
        .values(
            wanted=position,
            behind_since=now,
            due=case(
                (table.c.claimed_by.is_not(None), table.c.due),  # a delivery is running; its result sets `due`
                (table.c.failures == 0, literal(now, Instant)),
                (later, literal(retry_at, Instant)),
                else_=table.c.due,
            ),
        )
    )


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        path=row.path,
        topic=row.topic,
        callback=row.callback,
        host=row.host,
        secret=row.secret,
        until=row.until,
        wanted=row.wanted,
        delivered=row.delivered,
        etag=row.etag,
        failures=row.failures,
        behind_since=row.behind_since,
        due=row.due,
    )
