"""The files that a commit adds to the index folder."""

from __future__ import annotations

import uuid
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from archive.search.whoosh.segment.directory import write_synced
from archive.search.whoosh.segment.entry import SegmentEntry, store_segment


class NewFiles:
    """Writes the files of a commit and records their names, so that they can be removed if the commit fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: list[str] = []
        self.segments: list[str] = []

    def segment(self, name: str, documents: int, content: bytes) -> SegmentEntry:
        self.names.append(f"{name}.seg")
        self.segments.append(name)
        return store_segment(self._folder, name, documents, content)

    def add(self, entries: Iterable[SegmentEntry]) -> None:
        """Records segments written elsewhere, by other processes or a merge."""
        for entry in entries:
            self.names.append(entry.file)
            self.segments.append(entry.name)

    def deletions(self, entry: SegmentEntry, deleted: Iterable[int]) -> SegmentEntry:
        numbers = array("I", sorted(deleted))
        content = numbers.tobytes()
        name = f"{entry.name}.{uuid.uuid4().hex[:12]}.del"
        self._write(name, zlib.crc32(content).to_bytes(4, "big") + content)
        return replace(entry, deletions=name, deleted=len(numbers))

    def _write(self, name: str, content: bytes) -> None:
        self.names.append(name)
        write_synced(self._folder / name, content)
