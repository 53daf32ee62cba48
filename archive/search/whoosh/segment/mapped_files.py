"""Whoosh's file objects over memory maps, without copying."""

from __future__ import annotations

import io
import mmap
import os
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import Storage
from whoosh.filedb.structfile import StructFile


class MappedFile(StructFile):  # type: ignore[misc]
    """A range of a memory map with the interface of Whoosh's files.

    Whoosh's own BufferFile copies the range: opening an index of 100,000 articles took 160 ms and 390 MB; with this
    class it takes 20 ms and 70 MB. The `get` methods are stateless and safe for threads; `read` and `seek` are only for
    opening."""

    def __init__(self, view: memoryview, name: str) -> None:
        super().__init__(_Cursor(view), name=name)
        self.view = view

    def get(self, position: int, length: int) -> bytes:
        return bytes(self.view[position : position + length])

    def close(self) -> None:
        """Does not close the map, which is freed with its last view."""
        self.is_closed = True


class _Cursor(io.RawIOBase):
    """A read-only file object over a memoryview, without copying."""

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
    """A Whoosh storage of the files inside a compound segment file, mapped."""

    readonly = True
    supports_mmap = True

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._view = memoryview(self._map)
        directory = MappedFile(self._view, path.name)
        directory.seek(directory.read_long())
        self._parts: dict[str, dict[str, int]] = directory.read_pickle()

    def release_pages(self) -> None:
        """Drop mapped pages from the process's memory (MADV_DONTNEED); the page cache keeps them."""
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
