"""Brings a database to the schema of this program, and tells whether it is there.

Alembic is loaded for an upgrade only: it takes half a second and 13 MB, and every process asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from archive.sql.connections.engine import kind_of

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


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
            from alembic import command

            command.upgrade(_config(connection), "head")
        return before, after


def revision(engine: Engine) -> str | None:
    """The database's present schema; None where there is none yet."""
    with engine.connect() as connection:
        return _revision(connection)


def newest() -> str:
    """The schema that this program wants."""
    return _known()[-1]


def known(schema: str) -> bool:
    """False for the schema of a newer program."""
    return schema in _known()


def _known() -> list[str]:
    """Revisions in order: each file is named for its own, `m0001_first.py` for 0001."""
    return sorted(path.name[1:5] for path in (FOLDER / "versions").glob("m[0-9][0-9][0-9][0-9]_*.py"))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
