"""Brings a database to the schema of this program, and tells whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from archive.sql.dialects import kind_of


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Upgrade in one transaction; the schema's revision before and after.

    Several programs may call it at once: one upgrades, the others find it done."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        lock = kind_of(engine.dialect).migration_lock
        if lock:
            connection.execute(text(lock))
        before = _revision(connection)
        after = newest()
        if before != after:
            command.upgrade(_config(connection), "head")
        return before, after


def revision(engine: Engine) -> str | None:
    """The database's present schema; None where there is none yet."""
    with engine.connect() as connection:
        return _revision(connection)


def newest() -> str:
    """The schema that this program wants."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def known(schema: str) -> bool:
    """False for the schema of a newer program."""
    return any(script.revision == schema for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
