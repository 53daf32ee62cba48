"""Claims on rows of due work, by one worker at a time. The tables have the columns `due`, `host` and `claimed_by`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Table, select, update

from archive.sql.connections.database import Database
from archive.util.chunks import MAX_BOUND_VALUES, chunked


def due_rows(table: Table, *, now: datetime, limit: int, except_hosts: Collection[str]) -> Select[Any]:
    """A SELECT of the ids of due rows, longest due first: at most `limit`, and at most MAX_BOUND_VALUES."""
    return (
        select(table.c.id)
        .where(table.c.due <= now, table.c.host.not_in(sorted(except_hosts)))
        .order_by(table.c.due, table.c.id)
        .limit(min(limit, MAX_BOUND_VALUES))
    )


def claim(database: Database, table: Table, due: Select[Any], owner: str, until: datetime) -> list[Row[Any]]:
    """Claim the rows whose ids `due` selects: they are due again at `until`. Returns them in the order of `due`."""
    with database.reading() as connection:  # a cheap check, which mostly finds nothing
        if connection.execute(due).first() is None:
            return []
    with database.writing() as connection:
        # SKIP LOCKED lets two workers claim different rows. SQLite has one writer at a time and ignores the clause.
        ids = connection.execute(due.with_for_update(skip_locked=True)).scalars().all()
        claimed = update(table).where(table.c.id.in_(ids)).values(due=until, claimed_by=owner).returning(table)
        rows = {row.id: row for row in connection.execute(claimed)}
    return [rows[row_id] for row_id in ids if row_id in rows]


def postpone(database: Database, table: Table, ids: Sequence[str], due: datetime) -> None:
    """End the claims of these rows, which are due again at `due`."""
    with database.writing() as connection:
        for some in chunked(ids):
            claimed = update(table).where(table.c.id.in_(some), table.c.claimed_by.is_not(None))
            connection.execute(claimed.values(due=due, claimed_by=None))


def release(database: Database, table: Table, owner: str, now: datetime) -> None:
    """End this owner's claims; the rows are due at `now`."""
    with database.writing() as connection:
        claimed = update(table).where(table.c.claimed_by == owner)
        connection.execute(claimed.values(due=now, claimed_by=None))
