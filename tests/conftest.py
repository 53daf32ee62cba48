"""What all tests share: an archive of their own, and a word about what was not run."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import URL

from archive.sql import SqlArchive
from archive.store.archive import Archive
from tests.support import servers

IN_CI = os.environ.get("CI") == "true"
# Collections that may not be shipped, so that no machine need have them: what runs on them is left out elsewhere.
CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
collect_ignore = [] if CORPORA.is_dir() else ["archive/exchange/test_real_data.py"]

WHOLLY_SLOW = re.compile(r"^pytestmark = .*pytest\.mark\.slow\b", re.MULTILINE)
settings.register_profile("quick", max_examples=25)  # of `make check`; otherwise Hypothesis's own number, 100


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The quick check does not import modules whose tests are all slow: schemathesis alone takes seconds to load."""
    if config.option.markexpr != "not slow" or not collection_path.name.startswith("test_"):
        return None
    return WHOLLY_SLOW.search(collection_path.read_text(encoding="utf-8")) is not None or None


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite archive, to be copied: quicker than migrating one for each test."""
    file = tmp_path_factory.mktemp("migrated") / "dateline.db"
    archive = SqlArchive(f"sqlite:///{file}")
    archive.migrate()
    archive.close()
    return file


@pytest.fixture
def archive_url(migrated_file: Path, tmp_path: Path) -> str:
    """An empty archive of this test's own. PostgreSQL's tests put theirs in its place."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'dateline.db')}"


@pytest.fixture
def open_archive(archive_url: str) -> Iterator[Callable[[], Archive]]:
    """Opens the test's archive once more, as another process would."""
    with ExitStack() as opened:

        def open_it() -> Archive:
            archive = SqlArchive(archive_url)
            opened.callback(archive.close)
            return archive

        yield open_it


@pytest.fixture
def archive(open_archive: Callable[[], Archive]) -> Archive:
    return open_archive()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[URL]:
    """A server for all tests of this run."""
    try:
        with servers.postgresql() as server:
            yield server
    except servers.NotInstalled as missing:
        pytest.skip(str(missing))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything ought to be installed, a test that does not run has failed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was not run: {_reason(report)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [_reason(report) for report in terminalreporter.getreports("skipped")]
    for reason in sorted(set(skipped)):
        terminalreporter.write_line(f"Not run: {skipped.count(reason)} tests. {reason}", yellow=True)
    for path in collect_ignore:
        terminalreporter.write_line(
            f"Not run: tests/{path}. There is no {CORPORA.name} in {CORPORA.parent}.", yellow=True
        )


def _reason(report: pytest.TestReport) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ")
