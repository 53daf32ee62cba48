"""Subscriptions as rows, and the claims that share their work out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from archive.sql.article_writer import next_seq
from archive.sql.engine import kind_of
from archive.sql.schema import Instant, changes, intents, subscriptions
from archive.store.changes import ChangeKind
from archive.store.subscriptions import Intent, Missed, Mode, Subscription, Told
from archive.util.chunks import BOUND_AT_ONCE, slices

Transaction = Callable[[], AbstractContextManager[Connection]]

_BEHIND = subscriptions.c.wanted > subscriptions.c.delivered
_TOLD = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("told"))
    .values(
        delivered=bindparam("position"),
        etag=bindparam("tag"),
        failures=0,
        claimed_by=None,
        due=case((subscriptions.c.wanted > bindparam("position"), bindparam("now", type_=Instant))),
    )
)
_MISSED = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("missed"))
    .values(failures=subscriptions.c.failures + 1, claimed_by=None, due=bindparam("next"))
)
_GIVEN_UP = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("missed"))
    .values(
        failures=subscriptions.c.failures + 1,
        claimed_by=None,
        due=case((subscriptions.c.wanted > bindparam("seen"), bindparam("now", type_=Instant))),
    )
)


class SqlSubscriptions:
    """`Subscriptions` (see archive.subscriptions) in the archive's database."""

    def __init__(self, reading: Transaction, writing: Transaction) -> None:
        self._reading = reading
        self._writing = writing

    # Intents ----------------------------------------------------------------------------------------

    def ask(self, intent: Intent, *, now: datetime, most: int) -> bool:
        with self._writing() as connection:
            seq = next_seq(connection)  # holds the log where it is, so that no change is missed or told twice
            others = select(func.count()).select_from(intents).where(intents.c.id != intent.id)
            if connection.execute(others).scalar_one() >= most:
                return False
            self._put(connection, intent, position=seq, now=now)
        return True

    def claim_intents(
        self, holder: str, *, now: datetime, lasting: timedelta, limit: int, besides: Collection[str] = ()
    ) -> Sequence[Intent]:
        ripe = _ripe(intents, now=now, limit=limit, besides=besides)
        return [_intent(row) for row in self._claimed(intents, ripe, holder, now + lasting)]

    def confirm(self, intent: Intent, *, now: datetime, until: datetime) -> bool:
        with self._writing() as connection:
            next_seq(connection)
            if connection.execute(_forget(intent)).one_or_none() is None:
                return False
            if intent.mode is Mode.SUBSCRIBE:
                self._begin(connection, intent, now=now, until=until)
            else:
                connection.execute(delete(subscriptions).where(subscriptions.c.id == intent.id))
        return True

    def drop(self, intent: Intent) -> None:
        with self._writing() as connection:
            connection.execute(_forget(intent))

    def repeat(self, intent: Intent, *, due: datetime) -> None:
        statement = update(intents).where(intents.c.id == intent.id, intents.c.ticket == intent.ticket)
        with self._writing() as connection:
            connection.execute(statement.values(attempts=intents.c.attempts + 1, claimed_by=None, due=due))

    def _put(self, connection: Connection, intent: Intent, *, position: int, now: datetime) -> None:
        values = {
            "ticket": intent.ticket,
            "mode": intent.mode.value,
            "path": intent.path,
            "topic": intent.topic,
            "callback": intent.callback,
            "host": intent.host,
            "secret": intent.secret,
            "lease": int(intent.lease.total_seconds()),
            "reason": intent.reason,
            "position": position,
            "attempts": 0,
            "due": now,
            "claimed_by": None,
        }
        upsert = kind_of(connection.dialect).upsert(intents).values(id=intent.id, **values)
        connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))

    def _begin(self, connection: Connection, intent: Intent, *, now: datetime, until: datetime) -> None:
        """The caller holds the log: a change is either seen here, or announced to this subscription later."""
        same = subscriptions.c.id == intent.id
        # An expired one was told of nothing since.
        connection.execute(delete(subscriptions).where(same, subscriptions.c.until <= now))
        renewed = connection.execute(
            update(subscriptions)
            .where(same)
            .values(
                topic=intent.topic,
                secret=intent.secret,
                until=until,
                failures=0,
                behind_since=case((_BEHIND, literal(now, Instant)), else_=subscriptions.c.behind_since),
                due=case(
                    (subscriptions.c.claimed_by.is_not(None), subscriptions.c.due), (_BEHIND, literal(now, Instant))
                ),
            )
            .returning(subscriptions.c.id)
        )
        if renewed.one_or_none() is not None:
            return
        newest = select(func.max(changes.c.seq)).where(
            changes.c.kind == ChangeKind.RENDITION.value,
            changes.c.subject == intent.path,
            changes.c.seq > intent.position,
        )
        wanted: int | None = connection.execute(newest).scalar_one()
        connection.execute(
            insert(subscriptions),
            {
                "id": intent.id,
                "path": intent.path,
                "topic": intent.topic,
                "callback": intent.callback,
                "host": intent.host,
                "secret": intent.secret,
                "until": until,
                "wanted": wanted or intent.position,
                "delivered": intent.position,
                "etag": None,
                "failures": 0,
                "behind_since": now if wanted else None,
                "due": now if wanted else None,
                "claimed_by": None,
            },
        )

    # Deliveries -------------------------------------------------------------------------------------

    def announce(self, positions: Mapping[str, int], *, now: datetime, soon: datetime) -> int:
        with self._reading() as connection:
            subscribed: set[str] = set()
            for some in slices(list(positions)):
                known = select(subscriptions.c.path).where(subscriptions.c.path.in_(some)).distinct()
                subscribed.update(connection.execute(known).scalars())
        if not subscribed:
            return 0
        concerned = 0
        with self._writing() as connection:
            for path in sorted(subscribed):
                concerned += connection.execute(_announced(path, positions[path], now=now, soon=soon)).rowcount
        return concerned

    def claim(
        self, holder: str, *, now: datetime, lasting: timedelta, limit: int, besides: Collection[str] = ()
    ) -> Sequence[Subscription]:
        ripe = _ripe(subscriptions, now=now, limit=limit, besides=besides).where(subscriptions.c.until > now)
        return [_subscription(row) for row in self._claimed(subscriptions, ripe, holder, now + lasting)]

    def settle(self, *, told: Sequence[Told] = (), missed: Sequence[Missed] = (), now: datetime) -> None:
        again = [{"missed": one.id, "next": one.due} for one in missed if one.due is not None]
        given_up = [{"missed": one.id, "seen": one.wanted, "now": now} for one in missed if one.due is None]
        delivered = [{"told": one.id, "position": one.position, "tag": one.etag, "now": now} for one in told]
        with self._writing() as connection:
            for statement, outcomes in ((_TOLD, delivered), (_MISSED, again), (_GIVEN_UP, given_up)):
                if outcomes:
                    connection.execute(statement, outcomes)

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        self._give_back(subscriptions, ids, due)

    def postpone_intents(self, ids: Sequence[str], *, due: datetime) -> None:
        self._give_back(intents, ids, due)

    def end(self, ids: Sequence[str]) -> None:
        with self._writing() as connection:
            for some in slices(ids):
                connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(some)))

    def deny(self, subscription: Subscription, *, ticket: str, reason: str, now: datetime) -> None:
        denial = Intent(
            ticket=ticket,
            mode=Mode.DENIED,
            path=subscription.path,
            topic=subscription.topic,
            callback=subscription.callback,
            host=subscription.host,
            reason=reason,
        )
        with self._writing() as connection:
            connection.execute(delete(subscriptions).where(subscriptions.c.id == subscription.id))
            self._put(connection, denial, position=0, now=now)

    # Upkeep -----------------------------------------------------------------------------------------

    def release(self, holder: str, *, now: datetime) -> None:
        with self._writing() as connection:
            for table in (subscriptions, intents):
                held = update(table).where(table.c.claimed_by == holder)
                connection.execute(held.values(due=now, claimed_by=None))

    def expire(self, *, now: datetime) -> int:
        with self._reading() as connection:
            if (
                connection.execute(select(subscriptions.c.id).where(subscriptions.c.until <= now).limit(1)).first()
                is None
            ):
                return 0
        with self._writing() as connection:
            return connection.execute(delete(subscriptions).where(subscriptions.c.until <= now)).rowcount

    def get(self, subscription: str) -> Subscription | None:
        with self._reading() as connection:
            row = connection.execute(select(subscriptions).where(subscriptions.c.id == subscription)).one_or_none()
        return None if row is None else _subscription(row)

    def every(self, *, now: datetime) -> Iterator[Subscription]:
        after = ""
        while True:
            some = select(subscriptions).where(subscriptions.c.id > after, subscriptions.c.until > now)
            with self._reading() as connection:
                rows = connection.execute(some.order_by(subscriptions.c.id).limit(BOUND_AT_ONCE)).all()
            if not rows:
                return
            yield from map(_subscription, rows)
            after = rows[-1].id

    def waiting(self) -> int:
        with self._reading() as connection:
            return int(connection.execute(select(func.count()).select_from(intents)).scalar_one())

    def _give_back(self, table: Table, ids: Sequence[str], due: datetime) -> None:
        with self._writing() as connection:
            for some in slices(ids):
                claimed = update(table).where(table.c.id.in_(some), table.c.claimed_by.is_not(None))
                connection.execute(claimed.values(due=due, claimed_by=None))

    def _claimed(self, table: Table, ripe: Any, holder: str, until: datetime) -> list[Row[Any]]:
        with self._reading() as connection:  # which is cheap, and mostly finds nothing
            if connection.execute(ripe).first() is None:
                return []
        with self._writing() as connection:
            # Two workers take different rows; SQLite lets one write at a time and needs no such words.
            ids = connection.execute(ripe.with_for_update(skip_locked=True)).scalars().all()
            claim = update(table).where(table.c.id.in_(ids)).values(due=until, claimed_by=holder).returning(table)
            rows = {row.id: row for row in connection.execute(claim)}
        return [rows[row_id] for row_id in ids if row_id in rows]


def _ripe(table: Table, *, now: datetime, limit: int, besides: Collection[str]) -> Any:
    return (
        select(table.c.id)
        .where(table.c.due <= now, table.c.host.not_in(sorted(besides)))
        .order_by(table.c.due, table.c.id)
        .limit(min(limit, BOUND_AT_ONCE))
    )


def _forget(intent: Intent) -> Any:
    return delete(intents).where(intents.c.id == intent.id, intents.c.ticket == intent.ticket).returning(intents.c.id)


def _announced(path: str, position: int, *, now: datetime, soon: datetime) -> Any:
    table = subscriptions
    later: ColumnElement[bool] = and_(table.c.failures > 0, or_(table.c.due.is_(None), table.c.due > soon))
    return (
        update(table)
        .where(table.c.path == path, table.c.wanted < position, table.c.until > now)
        .values(
            wanted=position,
            behind_since=now,
            due=case(
                (table.c.claimed_by.is_not(None), table.c.due),  # on its way: what comes of it decides
                (table.c.failures == 0, literal(now, Instant)),
                (later, literal(soon, Instant)),
                else_=table.c.due,
            ),
        )
    )


def _intent(row: Row[Any]) -> Intent:
    return Intent(
        ticket=row.ticket,
        mode=Mode(row.mode),
        path=row.path,
        topic=row.topic,
        callback=row.callback,
        host=row.host,
        secret=row.secret,
        lease=timedelta(seconds=row.lease),
        reason=row.reason,
        position=row.position,
        attempts=row.attempts,
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
