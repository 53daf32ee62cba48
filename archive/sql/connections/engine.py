"""The differences between databases, as a table; everything else is SQLAlchemy Core."""

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

# Error messages by primary SQLite result code.
_ADVICE = {
    "SQLITE_CANTOPEN": "cannot open {file}: its folder is missing, or this user has no permission to write there",
    "SQLITE_READONLY": "this user has no permission to write {file}",
    "SQLITE_NOTADB": "{file} is not a SQLite database, or is damaged: restore a backup",
    "SQLITE_CORRUPT": "{file} is damaged: restore a backup",
    "SQLITE_BUSY": "{file} is busy; try again in a moment",
    "SQLITE_LOCKED": "{file} is busy; try again in a moment",
}
_DISK_FULL = frozenset({"SQLITE_FULL", "53100"})  # 53100: PostgreSQL's SQLSTATE disk_full


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """One kind of database.

    `title` is its name for people, `version` a statement that returns the version of the server or library.
    `upsert` builds an INSERT with `on_conflict_do_update`. `prepare` is called with a new engine. `migration_lock`
    is a statement that prevents two programs from upgrading at once, until its transaction ends. `tidy` are
    maintenance statements; `checkpoint` moves the write-ahead log into the database."""

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
        checkpoints.acquire()
        # The driver must not begin transactions implicitly: the listener below does.
        connection.isolation_level = None
        connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own handles ASCII only
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL can lose an acknowledged commit on power loss
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-1000",  # 1000 KiB for each of about ten connections; the page cache has the file anyway
            "temp_store=MEMORY",
            f"wal_autocheckpoint={1000 if checkpoints.is_owner() else 0}",
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
    """An engine for `sqlite:///path` or `postgresql://…`. Raises ArchiveUnavailable for other URLs."""
    backend = address.get_backend_name()
    if backend not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise ArchiveUnavailable(
            f"the database {address.render_as_string()!r} is not of a supported kind; the kinds are {known}"
        )
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    kind = DIALECTS[backend]
    engine = create_engine(
        address,
        pool_size=8,
        max_overflow=8,
        hide_parameters=True,  # errors are logged, and parameters include the secrets of subscribers
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **kind.options,
    )
    if kind.prepare is not None:
        kind.prepare(engine, checkpoints)
    return engine


def kind_of(dialect: Dialect) -> DatabaseKind:
    """The entry of DIALECTS for an SQLAlchemy dialect."""
    return DIALECTS[dialect.name]


def translate(error: DBAPIError, address: URL) -> DatelineError:
    """The archive's error for an error of the driver. The caller chains the driver's as `__cause__`."""
    driver = error.orig
    code = getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None) or ""
    if code in _DISK_FULL:
        return StorageFull("the archive's disk is full; nothing was stored. Make room and try again")
    advice = _ADVICE.get("_".join(code.split("_")[:2]))
    if advice is not None:
        return ArchiveUnavailable(advice.format(file=address.database))
    message = str(driver).strip() or type(driver).__name__
    return ArchiveUnavailable(f"the archive's database does not answer: {message.splitlines()[0]}")
