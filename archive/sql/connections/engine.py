"""What differs between the databases, as data; everything else is SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from archive.errors import ArchiveUnavailable, DatelineError, StorageFull
from archive.sql.connections.sqlite_checkpoints import Checkpoints

# What SQLite's error codes, without their extensions, mean to whoever runs Dateline.
_ADVICE = {
    "SQLITE_CANTOPEN": "cannot open {file}: its folder is missing, or this user may not write there",
    "SQLITE_READONLY": "{file} may not be written by this user",
    "SQLITE_NOTADB": "{file} is no SQLite database, or damaged: restore a backup",
    "SQLITE_CORRUPT": "{file} is damaged: restore a backup",
    "SQLITE_BUSY": "{file} is busy; try again in a moment",
    "SQLITE_LOCKED": "{file} is busy; try again in a moment",
}
_FULL = frozenset({"SQLITE_FULL", "53100"})  # the latter in PostgreSQL's words: disk_full


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """One database. `upsert` builds an INSERT that knows `on_conflict_do_update`.

    `title` is its name for people, and `version` asks for that of the server or library.
    `migration_lock` keeps two programs from upgrading at once, for the length of a transaction."""

    name: str
    title: str
    version: str
    upsert: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Engine, Checkpoints], None] | None = None
    migration_lock: str | None = None
    tidy: tuple[str, ...] = ()
    checkpoint: str | None = None


def _prepare_sqlite(engine: Engine, checkpoints: Checkpoints) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _entry: ConnectionPoolEntry) -> None:
        checkpoints.take()
        # The driver must not open transactions by itself: BEGIN is ours, below.
        connection.isolation_level = None
        connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows ASCII only
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL can lose an acknowledged commit on power loss
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-1000",  # KiB, of each connection, of which a process has ten; the system keeps the file anyway
            "temp_store=MEMORY",
            f"wal_autocheckpoint={1000 if checkpoints.mine() else 0}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("upkeep"):
            return  # a checkpoint is refused inside a transaction
        # Of 400 concurrent read-modify-writes, plain BEGIN failed 316 in spite of the busy timeout, this none.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


DIALECTS: Mapping[str, DatabaseKind] = {
    "sqlite": DatabaseKind(
        name="sqlite",
        title="SQLite",
        version="SELECT sqlite_version()",
        upsert=sqlite.insert,
        options={"connect_args": {"check_same_thread": False, "timeout": 10}},
        prepare=_prepare_sqlite,
        tidy=("PRAGMA optimize",),
        checkpoint="PRAGMA wal_checkpoint(PASSIVE)",
    ),
    "postgresql": DatabaseKind(
        name="postgresql",
        title="PostgreSQL",
        version="SHOW server_version",
        upsert=postgresql.insert,
        options={"connect_args": {"options": "-c timezone=UTC", "connect_timeout": 5}, "pool_pre_ping": True},
        migration_lock="SELECT pg_advisory_xact_lock(7237954)",
    ),
}


def open_engine(address: URL, checkpoints: Checkpoints) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`. Raises ArchiveUnavailable for other kinds."""
    backend = address.get_backend_name()
    if backend not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise ArchiveUnavailable(f"the database {address.render_as_string()!r} is of no known kind; known are {known}")
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    kind = DIALECTS[backend]
    engine = create_engine(
        address,
        pool_size=8,
        max_overflow=8,
        hide_parameters=True,  # errors are logged; secrets of subscribers are not
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **kind.options,
    )
    if kind.prepare is not None:
        kind.prepare(engine, checkpoints)
    return engine


def kind_of(dialect: Dialect) -> DatabaseKind:
    return DIALECTS[dialect.name]


def translate(error: DBAPIError, address: URL) -> DatelineError:
    """The driver's error in words of ours; the driver's stay in `__cause__`."""
    driver = error.orig
    code = getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None) or ""
    if code in _FULL:
        return StorageFull("the archive's disk is full; nothing was stored. Make room and try again")
    advice = _ADVICE.get("_".join(code.split("_")[:2]))
    if advice is not None:
        return ArchiveUnavailable(advice.format(file=address.database))
    said = str(driver).strip() or type(driver).__name__
    return ArchiveUnavailable(f"the archive's database does not answer: {said.splitlines()[0]}")
