"""Fixtures of the service's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from archive.store.archive import Archive
from tests.support.office import Office, open_office

OPENS_AN_OFFICE = {"office", "open_office", "open_newsstand"}  # fixtures, and functions called by fixtures of modules


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that open a whole office as not being unit tests: `make check` leaves them to `make test`."""
    for item in items:
        if isinstance(item, pytest.Function) and not OPENS_AN_OFFICE.isdisjoint(
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
def office(archive: Archive, tmp_path: Path) -> Iterator[Office]:
    with open_office(archive, tmp_path) as opened:
        yield opened
