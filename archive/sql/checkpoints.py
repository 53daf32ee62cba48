"""Which process moves SQLite's write-ahead log into the database: one at a time."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import IO, Final

from archive.locks import try_lock

LOCK: Final = ".checkpoints"  # after the name of the database


class Checkpoints:
    """Whether this process checkpoints a SQLite file: it does from when it is given the lock beside it.

    SQLite 3.7.0–3.51.2 can corrupt the file, rarely, when several processes checkpoint at once."""

    def __init__(self, database: str | None, *, wanted: bool) -> None:
        self._path = Path(database + LOCK) if wanted and database not in (None, "", ":memory:") else None
        self._file: IO[bytes] | None = None
        self._lock = Lock()

    def mine(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Have the lock if it is free; whether this process has got it just now."""
        with self._lock:
            if self._path is None or self._file is not None:
                return False
            try:
                file = self._path.open("ab")
            except OSError:  # nor could this process write to the database
                return False
            if try_lock(file):
                self._file = file
                return True
            file.close()
            return False

    def give_back(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
