"""The port for unverified subscription requests (intents), in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, insert, literal, select, update

from archive.sql import claims
from archive.sql.changes import lock_log
from archive.sql.connections.database import Database
from archive.sql.connections.engine import kind_of
from archive.sql.schema import Instant, changes, intents, subscriptions
from archive.store.changes import ChangeKind
from archive.store.intents import Intent, Mode

_BEHIND = subscriptions.c.wanted > subscriptions.c.delivered


class SqlIntents:
    """`Intents` (archive.store.intents) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, intent: Intent, *, now: datetime, max_waiting: int) -> bool:
        with self._database.writing() as connection:
            seq = lock_log(connection)  # so that no change is missed or delivered twice
            others = select(func.count()).select_from(intents).where(intents.c.id != intent.id)
            if connection.execute(others).scalar_one() >= max_waiting:
                return False
            put_intent(connection, intent, position=seq, now=now)
        return True

    def claim(
        self, owner: str, *, now: datetime, duration: timedelta, limit: int, except_hosts: Collection[str] = ()
    ) -> Sequence[Intent]:
        due = claims.due_rows(intents, now=now, limit=limit, except_hosts=except_hosts)
        return [_intent(row) for row in claims.claim(self._database, intents, due, owner, now + duration)]

    def confirm(self, intent: Intent, *, now: datetime, until: datetime) -> bool:
        with self._database.writing() as connection:
            lock_log(connection)
            if connection.execute(_delete(intent)).one_or_none() is None:
                return False
            if intent.mode is Mode.SUBSCRIBE:
                _begin_subscription(connection, intent, now=now, until=until)
            else:
                connection.execute(delete(subscriptions).where(subscriptions.c.id == intent.id))
        return True

    def drop(self, intent: Intent) -> None:
        with self._database.writing() as connection:
            connection.execute(_delete(intent))

    def retry(self, intent: Intent, *, due: datetime) -> None:
        statement = update(intents).where(intents.c.id == intent.id, intents.c.ticket == intent.ticket)
        with self._database.writing() as connection:
            connection.execute(statement.values(attempts=intents.c.attempts + 1, claimed_by=None, due=due))

    def postpone(self, ids: Sequence[str], *, due: datetime) -> None:
        claims.postpone(self._database, intents, ids, due)

    def release(self, owner: str, *, now: datetime) -> None:
        claims.release(self._database, intents, owner, now)

    def count(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(intents)).scalar_one())


def put_intent(connection: Connection, intent: Intent, *, position: int, now: datetime) -> None:
    """Store an intent at a log position, due now, replacing an earlier one with the same id."""
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


def _begin_subscription(connection: Connection, intent: Intent, *, now: datetime, until: datetime) -> None:
    """Insert or renew a subscription. The caller must have locked the log: a change is then either read here, or marks
    this subscription as due later."""
    same = subscriptions.c.id == intent.id
    # An expired subscription is deleted, not renewed: it has missed changes.
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
            due=case((subscriptions.c.claimed_by.is_not(None), subscriptions.c.due), (_BEHIND, literal(now, Instant))),
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


def _delete(intent: Intent) -> Any:
    return delete(intents).where(intents.c.id == intent.id, intents.c.ticket == intent.ticket).returning(intents.c.id)


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
