"""Which items one import has met, on disk, so that memory does not grow with what is imported."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Met(NamedTuple):
    digest: str
    place: str


class Seen:
    """Keys with the digest and place of the item that had each first. Gone when closed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # "": a private file, deleted by itself
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE met (key TEXT PRIMARY KEY, digest TEXT, place TEXT) WITHOUT ROWID")

    def meet(self, key: str, digest: str, place: str) -> Met | None:
        """Remember an item; the earlier one with this key, where there was one."""
        row = self._database.execute(
            "INSERT INTO met VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET key = key RETURNING digest, place",
            (key, digest, place),
        ).fetchone()
        met = Met(*row)
        return None if met.place == place else met

    def close(self) -> None:
        self._database.close()
