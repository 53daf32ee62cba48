"""A segment's entry in the manifest, and its file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from archive.search.whoosh.segment.directory import write_synced


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manifest says about a segment. `deletions` names a file beside it; sizes in bytes."""

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
    def living(self) -> int:
        return self.documents - self.deleted


def stored(folder: Path, name: str, documents: int, content: bytes) -> Entry:
    """Writes a segment's file, on to the disk. Raises OSError, and leaves nothing, where there is no room."""
    entry = Entry(name, documents, len(content), zlib.crc32(content))
    try:
        write_synced(folder / entry.file, content)
    except OSError:
        (folder / entry.file).unlink(missing_ok=True)
        raise
    return entry
