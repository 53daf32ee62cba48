"""Detects items that occur twice in one import. The index is on disk, so that memory use does not grow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from archive.errors import StorageFull, Unavailable


class Occurrence(NamedTuple):
    """The digest of an item's content, and its location for people."""

    digest: str
    location: str


class DuplicateIndex:
    """The first occurrence of every key. The index is deleted when it is closed.

    Raises StorageFull if the system's temporary folder is full, and Unavailable if it cannot be used."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": a private file that SQLite deletes itself
        with _storage_errors():
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute(
                "CREATE TABLE first_occurrences (key TEXT PRIMARY KEY, digest TEXT, location TEXT) WITHOUT ROWID"
            )

    def add(self, key: str, digest: str, location: str) -> Occurrence | None:
        """Add an item. Returns the earlier one with the same key, or None if this is the first."""
        with _storage_errors():
            row = self._database.execute(
                "INSERT INTO first_occurrences VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET key = key RETURNING digest, location",
                (key, digest, location),
            ).fetchone()
        first = Occurrence(*row)
        return None if first.location == location else first

    def close(self) -> None:
        self._database.close()


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_FULL":
            raise StorageFull(
                "no space is left in the temporary folder, where an import keeps its list of items: make room, or set "
                "TMPDIR to another folder, and import again; what was saved stays"
            ) from error
        raise Unavailable(f"an import cannot keep its list of items in the temporary folder: {error}") from error
