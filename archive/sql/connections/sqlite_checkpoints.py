"""Which process moves SQLite's write-ahead log into the database: one at a time."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from threading import Lock
from typing import IO, Final

from archive.util.file_lock import try_lock

log = logging.getLogger(__name__)

LOCK: Final = ".checkpoints"  # after the name of the database


class Checkpoints:
    """Whether this process checkpoints a SQLite file: it does from when it is given the lock beside it.

    SQLite 3.7.0–3.51.2 can corrupt the file, rarely, when several processes checkpoint at once."""

    def __init__(self, database: str | None, *, wanted: bool) -> None:
        self._path = Path(database + LOCK) if wanted and database not in (None, "", ":memory:") else None
        self._file: IO[bytes] | None = None
        self._warned = False
        self._lock = Lock()

    def mine(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Have the lock if it is free; whether this process has got it just now."""
        with self._lock:
            if self._path is None or self._file is not None:
                return False
            try:
                # For reading, which a lock asks no more than: whoever came first may have been another user.
                file = os.fdopen(os.open(self._path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644), "rb")
            except OSError as error:
                self._warn(error)
                return False
            try:
                if try_lock(file):
                    self._file = file
            except OSError as error:
                self._warn(error)
            finally:
                if self._file is None:
                    file.close()
            return self._file is not None

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            log.warning("nothing is moved from SQLite's log into the database: %s: %s", self._path, error.strerror)
            self._warned = True

    def give_back(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
