"""Whoosh's files on disk: mapped without copying, written so that they survive a power cut, locked."""

from __future__ import annotations

import errno
import io
import mmap
import os
import pickle
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from whoosh.filedb.filestore import Storage
from whoosh.filedb.structfile import StructFile
from whoosh.reading import CorruptIndexError

from archive.errors import IndexLocked, IndexUnavailable, StorageFull
from archive.util.file_lock import try_lock

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY: Final = timedelta(milliseconds=5)

# What reading a torn file was seen to raise: lengths out of range, pickles cut off or of something else,
# compressed blocks that do not end.
DAMAGE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    CorruptIndexError,
    EOFError,
    ImportError,
    LookupError,
    NameError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
    zlib.error,
)

P = ParamSpec("P")
T = TypeVar("T")


class IndexDamaged(IndexUnavailable):
    """A file of the index is not what it was when it was written: it has to be built anew."""


@contextmanager
def reading_files() -> Iterator[None]:
    """Raises what reading comes upon as IndexUnavailable, and as IndexDamaged where trying again is no use."""
    try:
        yield
    except FileNotFoundError:
        raise  # a commit has replaced the file since its name was read: whoever opens files looks again
    except (OSError, MemoryError) as error:
        raise IndexUnavailable(f"the search index cannot be read: {error}") from error
    except DAMAGE as error:
        raise IndexDamaged(f"the search index is damaged: {error!r}") from error


def reads_files(method: Callable[P, T]) -> Callable[P, T]:
    """`reading_files` around a method. Not for generators, whose work is done later."""

    @wraps(method)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        with reading_files():
            return method(*args, **kwargs)

    return reading


class MappedFile(StructFile):  # type: ignore[misc]
    """A part of a memory map as one of Whoosh's files.

    Whoosh's own BufferFile copies the part into memory, which made opening an index and its memory grow
    with it: 160 ms and 390 MB at 100,000 stories, where this takes 20 ms and 70 MB. All `get` methods are
    free of state and may be called by any number of threads; `read` and `seek` are for opening only."""

    def __init__(self, view: memoryview, name: str) -> None:
        super().__init__(_Cursor(view), name=name)
        self.view = view

    def get(self, position: int, length: int) -> bytes:
        return bytes(self.view[position : position + length])

    def close(self) -> None:
        """The map goes when the last view of it has gone."""
        self.is_closed = True


class _Cursor(io.RawIOBase):
    """Reads a memoryview like a file, without copying the whole."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self._view)}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        part = self._view[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


class SegmentFiles(Storage):  # type: ignore[misc]
    """The files that Whoosh has put together into one segment file, mapped."""

    readonly = True
    supports_mmap = True

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._view = memoryview(self._map)
        directory = MappedFile(self._view, path.name)
        directory.seek(directory.read_long())
        self._parts: dict[str, dict[str, int]] = directory.read_pickle()

    def give_back(self) -> None:
        """Takes out of this process's memory what was read. It stays in the system's, which has it read again soon."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def open_file(self, name: str, *_args: object, **_options: object) -> MappedFile:
        part = self._parts[name]
        return MappedFile(self._view[part["offset"] : part["offset"] + part["length"]], name)

    def list(self) -> list[str]:
        return list(self._parts)

    def file_exists(self, name: str) -> bool:
        return name in self._parts

    def file_length(self, name: str) -> int:
        return self._parts[name]["length"]


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turns the system's refusals to write into StorageFull and IndexUnavailable."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(f"no space is left for the search index; {what} was not done") from error
        raise IndexUnavailable(f"the search index cannot be written: {error}") from error


def write_synced(path: Path, content: bytes | memoryview) -> None:
    """A new file with its bytes on the disk. Its name is durable after `sync_folder`."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_synced(path: Path, content: bytes) -> None:
    """Puts a file in another's place at one stroke: readers see the old bytes or the new, also after a crash."""
    beside = path.with_name(path.name + ".new")
    write_synced(beside, content)
    sync_folder(path.parent)  # whatever the new content names is durable before the content is
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
    """CRC-32 of a file, read in pieces: mapping it would count as memory of the process."""
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            crc = zlib.crc32(piece, crc)
    return crc


@contextmanager
def locked(path: Path, *, patience: timedelta) -> Iterator[None]:
    """Holds a lock between processes; one that dies lets go.

    Raises IndexLocked when another process still has it after `patience`."""
    with storage_errors("locking"), path.open("ab") as file:
        give_up = time.monotonic() + patience.total_seconds()
        while True:
            if try_lock(file):
                break
            if time.monotonic() >= give_up:
                raise IndexLocked(f"another process is writing in {path.parent}")
            time.sleep(_RETRY.total_seconds())
        yield
