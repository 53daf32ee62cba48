"""Which items one import has met, on disk, so that memory does not grow with what is imported."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from archive.errors import StorageFull, Unavailable


class Met(NamedTuple):
    digest: str
    place: str


class Seen:
    """Keys with the digest and place of the item that had each first. Gone when closed.

    Raises StorageFull and Unavailable where the system's temporary folder is full or cannot be used."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": a private file, deleted by itself
        with _explained():
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute("CREATE TABLE met (key TEXT PRIMARY KEY, digest TEXT, place TEXT) WITHOUT ROWID")

    def meet(self, key: str, digest: str, place: str) -> Met | None:
        """Remember an item; the earlier one with this key, where there was one."""
        with _explained():
            row = self._database.execute(
                "INSERT INTO met VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET key = key RETURNING digest, place",
                (key, digest, place),
            ).fetchone()
        met = Met(*row)
        return None if met.place == place else met

    def close(self) -> None:
        self._database.close()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_FULL":
            raise StorageFull(
                "no space is left in the temporary folder, where an import notes what it has met: make room, or set "
                "TMPDIR to another folder, and import again; what was saved stays"
            ) from error
        raise Unavailable(f"an import cannot note what it has met in the temporary folder: {error}") from error
