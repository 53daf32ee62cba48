"""The archive in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL

from archive.sql import SqlArchive
from tests import servers
from tests.contracts import ArchiveContract

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def migrated_database(postgresql: URL) -> Iterator[str]:
    """An empty archive, to be copied: quicker than migrating one for each test."""
    with servers.a_database(postgresql) as database:
        archive = SqlArchive(database.render_as_string(hide_password=False))
        archive.migrate()
        archive.close()
        yield str(database.database)


@pytest.fixture
def archive_url(postgresql: URL, migrated_database: str) -> Iterator[str]:
    with servers.a_database(postgresql, template=migrated_database) as database:
        yield database.render_as_string(hide_password=False)


class TestPostgresqlArchive(ArchiveContract):
    pass
