"""Commits of the index: manifest files, and the open segments of the current one."""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from array import array
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from archive.errors import IndexUnavailable
from archive.search import analysis
from archive.search.whoosh.reader import LiveSegment, Snapshot
from archive.search.whoosh.segment.damage import IndexDamaged, reading_files
from archive.search.whoosh.segment.directory import checksum
from archive.search.whoosh.segment.entry import SegmentEntry
from archive.search.whoosh.segment.segment import Segment

FORMAT: Final = 3  # of the folder; an index of another format is unavailable and is rebuilt


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit: a log position, and the segments with all changes up to it.

    `until`: the position at which a rebuild replaces the live index; 0 for a live index."""

    position: int
    segments: tuple[SegmentEntry, ...]
    until: int = 0

    def to_bytes(self) -> bytes:
        content = {
            "format": FORMAT,
            "analysis": analysis.VERSION,
            "position": self.position,
            "until": self.until,
            "segments": [asdict(entry) for entry in self.segments],
        }
        body = json.dumps(content, separators=(",", ":")).encode()
        return b"%08x\n%s" % (zlib.crc32(body), body)

    @classmethod
    def from_bytes(cls, content: bytes) -> Manifest:
        """Raises IndexUnavailable for a manifest of another version, IndexDamaged for one that cannot be read."""
        with reading_files():
            crc, body = content.split(b"\n", 1)
            if int(crc, 16) != zlib.crc32(body):
                raise ValueError("the manifest's checksum is wrong")
            read = json.loads(body)
            if (read["format"], read["analysis"]) != (FORMAT, analysis.VERSION):
                raise IndexUnavailable("the search index was made by another version of Dateline")
            segments = tuple(SegmentEntry(**entry) for entry in read["segments"])
            return cls(int(read["position"]), segments, int(read["until"]))

    def files(self) -> set[str]:
        segments = {entry.file for entry in self.segments}
        return segments | {entry.deletions for entry in self.segments if entry.deletions is not None}


class Generation:
    """The current commit of one manifest file, reopened when the file changes. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = path.parent
        self._opening = threading.Lock()
        self._seen: tuple[int, bytes] | None = None
        self._manifest: Manifest | None = None
        self._snapshot: Snapshot | None = None
        self._checked: set[str] = set()  # names of segments with verified checksums

    def exists(self) -> bool:
        return self.path.exists()

    def current(self) -> tuple[Manifest, Snapshot]:
        """The last commit, opened. Segments shared with the previous commit stay open.

        Raises IndexUnavailable if there is none."""
        for _ in range(100):
            try:
                seen = _identity(self.path)
            except OSError as error:
                raise IndexUnavailable(f"there is no search index in {self._folder}") from error
            with self._opening:
                if self._manifest is not None and self._snapshot is not None and self._seen == seen:
                    return self._manifest, self._snapshot
                try:
                    manifest = Manifest.from_bytes(self.path.read_bytes())
                    self._snapshot = self._opened(manifest)
                except FileNotFoundError:
                    if self.path.exists() and _identity(self.path) == seen:
                        raise IndexDamaged("a file of the search index is missing") from None
                    time.sleep(0.002)  # a commit removed files after the manifest was read
                    continue
                self._manifest, self._seen = manifest, seen
                return manifest, self._snapshot
        raise IndexUnavailable("the search index changes faster than it can be opened")

    def manifest(self) -> Manifest | None:
        """The manifest, without opening its segments; None if it is missing, damaged or of another version."""
        try:
            return Manifest.from_bytes(self.path.read_bytes())
        except (OSError, IndexUnavailable):
            return None

    def close(self) -> None:
        with self._opening:
            self._seen = self._manifest = self._snapshot = None
            self._checked = set()

    def check(self, manifest: Manifest) -> None:
        """Raises IndexDamaged for a segment with a wrong checksum. Each process reads each file once."""
        for entry in manifest.segments:
            if entry.name not in self._checked:
                with suppress(FileNotFoundError), reading_files():  # a merge has just replaced it
                    if checksum(self._folder / entry.file) != entry.crc:
                        raise ValueError(f"the checksum of {entry.file} is wrong")
                    self._checked.add(entry.name)
        self._checked &= {entry.name for entry in manifest.segments}

    def check_again(self) -> None:
        """Checks all open segments, including those already verified."""
        if self._manifest is not None:
            self._checked.clear()
            self.check(self._manifest)

    def mark_checked(self, names: Iterable[str]) -> None:
        """Records segments that this process wrote as verified."""
        self._checked.update(names)

    def _opened(self, manifest: Manifest) -> Snapshot:
        known = {part.segment.name: part for part in self._snapshot.segments} if self._snapshot else {}
        before = {entry.name: entry for entry in self._manifest.segments} if self._manifest else {}
        segments = []
        for entry in manifest.segments:
            part = known.get(entry.name)
            if part is None or before.get(entry.name) != entry:
                segment = part.segment if part else self._open(entry)
                part = LiveSegment(segment, self._deletions(entry))
            segments.append(part)
        return Snapshot(manifest.position, segments)

    def _open(self, entry: SegmentEntry) -> Segment:
        path = self._folder / entry.file
        if path.stat().st_size != entry.size:
            raise IndexDamaged(f"{entry.file} is not {entry.size} bytes long")
        segment = Segment(path)
        if segment.documents != entry.documents:
            raise IndexDamaged(f"{entry.file} does not contain {entry.documents} documents")
        return segment

    def _deletions(self, entry: SegmentEntry) -> frozenset[int]:
        if entry.deletions is None:
            return frozenset()
        content = (self._folder / entry.deletions).read_bytes()
        with reading_files():
            if int.from_bytes(content[:4], "big") != zlib.crc32(content[4:]):
                raise ValueError(f"the checksum of {entry.deletions} is wrong")
            numbers = frozenset(array("I", content[4:]))
            if len(numbers) != entry.deleted:
                raise ValueError(f"{entry.deletions} does not list {entry.deleted} documents")
            return numbers


def _identity(path: Path) -> tuple[int, bytes]:
    """Differs for each commit: inode number and checksum, since file systems reuse inode numbers."""
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_ino, file.readline(9)
