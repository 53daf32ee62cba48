"""An empty archive for every test, and files to import into it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from archive.exchange.importer import import_paths
from archive.exchange.report import Report
from archive.sql.archive import SqlArchive
from tests.support.builders import NOON, SITE

Import = Callable[..., Report]
MakeArchive = Callable[[], SqlArchive]


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "archive.db"
    with closing(SqlArchive(f"sqlite:///{path}")) as archive:
        archive.migrate()
    return path


@pytest.fixture
def make_archive(_migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeArchive]:
    with ExitStack() as opened:

        def make() -> SqlArchive:
            path = tmp_path_factory.mktemp("archive") / "archive.db"
            shutil.copy(_migrated, path)
            return opened.enter_context(closing(SqlArchive(f"sqlite:///{path}")))

        yield make


@pytest.fixture
def archive(make_archive: MakeArchive) -> SqlArchive:
    return make_archive()


@pytest.fixture
def bring(archive: SqlArchive) -> Import:
    """Import paths into `archive` at noon."""

    def bring(*paths: Path, **options: Any) -> Report:
        return import_paths(archive, SITE, paths, **{"now": NOON, **options})

    return bring
