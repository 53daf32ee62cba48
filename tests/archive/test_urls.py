"""The paths of archive documents; tests/feeds/test_spec.py has those of labels and periods."""

from __future__ import annotations

import pytest

from archive.period import Period
from archive.urls import archive_document_path, parse_archive_document_path


@pytest.mark.parametrize(("number", "path"), [(1, "/archive/2023/02/"), (2, "/archive/2023/02/2/")])
def test_the_path_of_an_archive_document_is_read_back(number: int, path: str) -> None:
    assert archive_document_path(Period(2023, 2), number) == path
    assert parse_archive_document_path(path) == (Period(2023, 2), number)


@pytest.mark.parametrize("path", ["/archive/", "/archive/2023/", "/archive/2023/13/", "/archive/2023/02", "/2023/02/"])
def test_another_path_is_no_archive_document(path: str) -> None:
    assert parse_archive_document_path(path) is None
