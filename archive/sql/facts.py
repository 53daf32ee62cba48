"""The port for facts about the whole archive, in SQL."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from archive.sql.changes import check_lease, lock_log
from archive.sql.connections.database import Database
from archive.sql.schema import facts
from archive.store.changes import Lease

_FACT = select(facts.c.value).where(facts.c.name == bindparam("fact"))
_IDENTITY = "identity"


class SqlFacts:
    """`Facts` (archive.store.facts) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        with self._database.reading() as connection:
            value: str | None = connection.execute(_FACT, {"fact": name}).scalar_one_or_none()
        return value

    def set(self, name: str, value: str, lease: Lease | None = None) -> None:
        with self._database.writing() as connection:
            if lease is not None:
                lock_log(connection)
                check_lease(connection, lease)
            upsert = self._database.kind.upsert(facts).values(name=name, value=value)
            connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def identity(self, minted: str) -> str:
        stored = self.get(_IDENTITY)
        if stored is not None:
            return stored
        with self._database.writing() as connection:
            upsert = self._database.kind.upsert(facts).values(name=_IDENTITY, value=minted)
            connection.execute(upsert.on_conflict_do_nothing())
            return str(connection.execute(_FACT, {"fact": _IDENTITY}).scalar_one())
