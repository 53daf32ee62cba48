"""Upgrades a database to this program's schema, and reads the schema's revision.

Alembic is imported only for an upgrade: it takes half a second and 13 MB, and every process checks the revision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from archive.sql.connections.engine import kind_of

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Upgrade in one transaction; returns the schema's revision before (None: an empty database) and after.

    Several processes may call it at once: one upgrades, the others wait and find it done."""
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
    """The revision of the database's schema; None for an empty database."""
    with engine.connect() as connection:
        return _revision(connection)


def newest() -> str:
    """The revision of the schema that this program needs."""
    return _known()[-1]


def known(schema: str) -> bool:
    """Whether this program has the revision; False for the schema of a newer program."""
    return schema in _known()


def _known() -> list[str]:
    """All revisions in order, from the names of their files: `m0001_first.py` is 0001."""
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
