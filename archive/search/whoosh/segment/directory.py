"""Durable writes, checksums and inter-process locks for the files of the index."""

from __future__ import annotations

import errno
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from archive.errors import IndexLocked, IndexUnavailable, StorageFull
from archive.util.file_lock import try_lock

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY: Final = timedelta(milliseconds=5)


@contextmanager
def storage_errors(work: str) -> Iterator[None]:
    """Converts OSErrors of writing into StorageFull and IndexUnavailable. `work` names the operation in the message."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"no space is left for the search index; {work} failed") from error
        raise IndexUnavailable(f"the search index cannot be written: {error}") from error


def write_synced(path: Path, content: bytes | memoryview) -> None:
    """Writes and fsyncs a file. Its directory entry is durable only after `sync_folder`."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_synced(path: Path, content: bytes) -> None:
    """Replaces a file atomically and durably: readers see the old or the new content, even after a crash."""
    beside = path.with_name(path.name + ".new")
    write_synced(beside, content)
    sync_folder(path.parent)  # files that the new content refers to are durable first
    beside.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    sync_file(folder)


def checksum(path: Path) -> int:
    """CRC-32 of a file, read in chunks: mapped pages would count towards the process's memory."""
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            crc = zlib.crc32(chunk, crc)
    return crc


@contextmanager
def locked(path: Path, *, timeout: timedelta) -> Iterator[None]:
    """Holds an inter-process lock. The operating system releases it if the process dies.

    Raises IndexLocked if another process still holds it after `timeout`."""
    with storage_errors("locking"), path.open("ab") as file:
        give_up = time.monotonic() + timeout.total_seconds()
        while True:
            if try_lock(file):
                break
            if time.monotonic() >= give_up:
                raise IndexLocked(f"another process is writing in {path.parent}")
            time.sleep(_RETRY.total_seconds())
        yield
