"""SqlArchive: the archive in a database of one of the kinds in DIALECTS."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, text

from archive.errors import ArchiveOutdated
from archive.sql.articles import SqlArticles
from archive.sql.changes import SqlChanges
from archive.sql.connections.database import Database
from archive.sql.facts import SqlFacts
from archive.sql.feed_volumes import SqlFeedVolumes
from archive.sql.intents import SqlIntents
from archive.sql.listings import SqlListings
from archive.sql.migrations import upgrade
from archive.sql.renditions import SqlRenditions
from archive.sql.schema import requests
from archive.sql.subscriptions import SqlSubscriptions
from archive.sql.tokens import SqlTokens

REQUEST_RETENTION = timedelta(days=7)  # of Idempotency-Keys


class SqlArchive:
    """An `Archive` (archive.store.archive) in SQLite or PostgreSQL, one class for each port.

    The constructor does not touch the database: call `migrate()` or `check_schema()` first. Threads may share an
    instance; a forked process must open its own. `checkpoints`: this process moves SQLite's write-ahead log into
    the database, unless another process does."""

    def __init__(self, url: str, *, checkpoints: bool = True) -> None:
        self._database = database = Database(url, checkpoints=checkpoints)
        self.articles = SqlArticles(database)
        self.listings = SqlListings(database)
        self.changes = SqlChanges(database)
        self.renditions = SqlRenditions(database)
        self.feed_volumes = SqlFeedVolumes(database)
        self.subscriptions = SqlSubscriptions(database)
        self.intents = SqlIntents(database)
        self.tokens = SqlTokens(database)
        self.facts = SqlFacts(database)

    @property
    def kind(self) -> str:
        return self._database.kind.name

    def version(self) -> str:
        kind = self._database.kind
        with self._database.reading() as connection:
            return f"{kind.title} {connection.execute(text(kind.version)).scalar_one()}"

    def migrate(self) -> tuple[str | None, str]:
        """Upgrade the database to this program's schema; returns the schema's revision before (None: empty) and after.

        Raises ArchiveOutdated if the database has the schema of a newer program."""
        with self._database.translated():
            before = upgrade.revision(self._database.engine)
            _refuse_newer(before)
            return upgrade.upgrade(self._database.engine)

    def check_schema(self) -> None:
        """Raises ArchiveOutdated unless the database has exactly this program's schema."""
        with self._database.translated():
            found = upgrade.revision(self._database.engine)
        _refuse_newer(found)
        if found != upgrade.newest():
            raise ArchiveOutdated(
                f"the database has schema {found or 'none'}, this program needs {upgrade.newest()}: run `dateline migrate`"
            )

    def tidy(self, *, now: datetime) -> None:
        database = self._database
        with database.writing() as connection:
            connection.execute(delete(requests).where(requests.c.received < now - REQUEST_RETENTION))
        self.subscriptions.expire(now=now)
        kind = database.kind
        if kind.checkpoint is not None and database.checkpoints.acquire():
            database.engine.dispose()  # new connections checkpoint automatically
        with database.translated(), database.engine.connect().execution_options(upkeep=True) as connection:
            for statement in kind.tidy:
                connection.exec_driver_sql(statement)
            if kind.checkpoint is not None and database.checkpoints.is_owner():
                connection.exec_driver_sql(kind.checkpoint)

    def close(self) -> None:
        self._database.close()


def _refuse_newer(found: str | None) -> None:
    if found is not None and not upgrade.known(found):
        raise ArchiveOutdated(f"the database has schema {found} of a newer Dateline: use that version")
