"""Elects the one process that checkpoints a SQLite database: moves the write-ahead log into the database file."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from threading import Lock
from typing import IO, Final

from archive.util.file_lock import try_lock

log = logging.getLogger(__name__)

LOCK_SUFFIX: Final = ".checkpoints"  # added to the path of the database


class Checkpoints:
    """The right to checkpoint a SQLite database: the process that has locked the file beside it does.

    SQLite 3.7.0–3.51.2 can, rarely, corrupt the database if several processes checkpoint at once."""

    def __init__(self, database: str | None, *, enabled: bool) -> None:
        self._path = Path(database + LOCK_SUFFIX) if enabled and database not in (None, "", ":memory:") else None
        self._file: IO[bytes] | None = None
        self._warned = False
        self._lock = Lock()

    def is_owner(self) -> bool:
        """Whether this process has the lock."""
        return self._file is not None

    def acquire(self) -> bool:
        """Lock the file if it is free. Returns True only if this call has locked it."""
        with self._lock:
            if self._path is None or self._file is not None:
                return False
            try:
                # Opened for reading, which is enough for flock: another user may have created the file.
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
            log.warning("cannot checkpoint the SQLite database: %s: %s", self._path, error.strerror)
            self._warned = True

    def release(self) -> None:
        """Unlock the file, if this process has locked it."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
