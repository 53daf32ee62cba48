"""A database and its transactions. Errors of the driver are translated to those of archive.errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from archive.errors import ArchiveUnavailable
from archive.sql.connections.engine import DatabaseKind, kind_of, open_engine, translate
from archive.sql.connections.sqlite_checkpoints import Checkpoints


class Database:
    """An engine and its transactions. The constructor does not touch the database.

    Threads may share an instance; a forked process must open its own. `checkpoints`: this process moves SQLite's
    write-ahead log into the database, unless another process does."""

    def __init__(self, url: str, *, checkpoints: bool) -> None:
        address = make_url(url)
        self.checkpoints = Checkpoints(address.database, enabled=checkpoints)
        self.engine = open_engine(address, self.checkpoints)

    @property
    def kind(self) -> DatabaseKind:
        return kind_of(self.engine.dialect)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading; its transaction is rolled back. Raises ArchiveUnavailable."""
        with self.translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end unless an error is raised. Raises ArchiveUnavailable and StorageFull."""
        with (
            self.translated(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translates errors of the driver and of SQLAlchemy to ArchiveUnavailable and StorageFull."""
        try:
            yield
        except DBAPIError as error:
            raise translate(error, self.engine.url) from error
        except PoolTimeout as error:
            raise ArchiveUnavailable("the archive's database is busy; try again in a moment") from error
        except SQLAlchemyError as error:
            raise ArchiveUnavailable(f"the archive's database cannot be used: {error}") from error

    def close(self) -> None:
        self.engine.dispose()
        self.checkpoints.release()
