"""Fixtures of the service's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from archive.store.archive import Archive
from tests.support.harness import Harness, open_harness

OPENS_A_DATELINE = {"harness", "open_harness", "open_site"}  # fixtures, and functions called by fixtures of modules


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that opens a whole Dateline is not a unit test: `make check` leaves it to `make test`."""
    for item in items:
        if isinstance(item, pytest.Function) and not OPENS_A_DATELINE.isdisjoint(
            {*item.fixturenames, *vars(item.module)}
        ):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compile the templates once: every test has an application of its own."""
    before = Flask.jinja_options
    Flask.jinja_options = {
        **before,
        "bytecode_cache": FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates"))),
    }
    yield
    Flask.jinja_options = before


@pytest.fixture
def harness(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_harness(archive, tmp_path) as opened:
        yield opened
