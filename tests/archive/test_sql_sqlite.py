"""The archive in SQLite."""

from __future__ import annotations

from tests.contracts import ArchiveContract


class TestSqliteArchive(ArchiveContract):
    pass
