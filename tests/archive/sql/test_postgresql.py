"""The archive in a real PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from archive.errors import ArchiveUnavailable
from archive.sql import SqlArchive
from tests.contracts.sql import SqlArchiveContract
from tests.support import servers
from tests.support.builders import added

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def migrated_database(postgresql: URL) -> Iterator[str]:
    """A migrated empty database, copied for each test: faster than migrating each."""
    with servers.a_database(postgresql) as database:
        archive = SqlArchive(database.render_as_string(hide_password=False))
        archive.migrate()
        archive.close()
        yield str(database.database)


@pytest.fixture
def archive_url(postgresql: URL, migrated_database: str) -> Iterator[str]:
    with servers.a_database(postgresql, template=migrated_database) as database:
        yield database.render_as_string(hide_password=False)


@pytest.fixture
def empty_url(postgresql: URL) -> Iterator[str]:
    with servers.a_database(postgresql) as database:
        yield database.render_as_string(hide_password=False)


class TestPostgresqlArchive(SqlArchiveContract):
    pass


def test_it_says_which_version_it_is(archive: SqlArchive) -> None:
    assert re.fullmatch(r"PostgreSQL \d+\..+", archive.version())


def test_an_unreachable_server_is_reported() -> None:
    archive = SqlArchive("postgresql://ann:secret@127.0.0.1:1/dateline")
    with pytest.raises(ArchiveUnavailable, match="does not answer") as told:
        archive.changes.head()
    assert "secret" not in str(told.value)
    archive.close()


def test_a_connection_that_the_server_has_closed_is_opened_anew(archive: SqlArchive) -> None:
    added(archive)
    with archive._database.engine.connect() as one, archive._database.engine.connect() as other:
        mine = one.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        with pytest.raises(Exception, match="terminating connection"):
            one.execute(text("SELECT 1"))
    assert archive.changes.head() == 1
