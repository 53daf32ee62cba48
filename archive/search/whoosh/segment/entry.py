"""A segment's entry in the manifest, and its file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from archive.search.whoosh.segment.directory import write_synced


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment in a manifest, field by field. `size`: bytes of its file. `deletions`: the name of the file of deleted
    documents, if there are `deleted` ones."""

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
    """Writes a segment's file durably. Raises OSError, and leaves no file, when the disk is full."""
    entry = SegmentEntry(name, documents, len(content), zlib.crc32(content))
    try:
        write_synced(folder / entry.file, content)
    except OSError:
        (folder / entry.file).unlink(missing_ok=True)
        raise
    return entry
