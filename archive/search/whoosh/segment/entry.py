"""Manifest entries of segments, and writing of segment files."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from archive.search.whoosh.segment.directory import write_synced


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment's entry in the manifest. `size`: of its file, in bytes. `crc`: CRC-32 of its file. `deletions`: the
    name of the file that lists its deleted documents; None if it has none."""

    name: str
    documents: int
    size: int
    crc: int
    deletions: str | None = None
    deleted: int = 0

    @property
    def file(self) -> str:
        return f"{self.name}.seg"

    @property
    def live_count(self) -> int:
        return self.documents - self.deleted


def store_segment(folder: Path, name: str, documents: int, content: bytes) -> SegmentEntry:
    """Writes a segment file durably. Raises OSError and leaves no file if writing fails, as on a full disk."""
    entry = SegmentEntry(name, documents, len(content), zlib.crc32(content))
    try:
        write_synced(folder / entry.file, content)
    except OSError:
        (folder / entry.file).unlink(missing_ok=True)
        raise
    return entry
