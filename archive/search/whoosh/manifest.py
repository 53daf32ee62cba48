"""Commits of the index: the manifest file that names one, and what this process has open of it."""

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

FORMAT: Final = 3  # of the folder; an index of another format is unavailable and is built anew


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit: the log position, and the segments that hold everything up to it.

    `until`: the position at which an index that is being built replaces the other one; 0 for a complete index."""

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
        """Raises IndexUnavailable for a manifest of another version, IndexDamaged for anything else."""
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
    """The index that one manifest file names, commit by commit. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = path.parent
        self._opening = threading.Lock()
        self._seen: tuple[int, bytes] | None = None
        self._manifest: Manifest | None = None
        self._snapshot: Snapshot | None = None
        self._checked: set[str] = set()  # segments whose checksums were right

    def exists(self) -> bool:
        return self.path.exists()

    def current(self) -> tuple[Manifest, Snapshot]:
        """The last commit, opened. Segments that it shares with the one before stay open.

        Raises IndexUnavailable where there is none."""
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
                        raise IndexDamaged("the search index has lost a file") from None
                    time.sleep(0.002)  # a commit removed files after their names were read
                    continue
                self._manifest, self._seen = manifest, seen
                return manifest, self._snapshot
        raise IndexUnavailable("the search index changes faster than it can be opened")

    def manifest(self) -> Manifest | None:
        """The manifest in the folder, without opening its segments; None where this program cannot read it."""
        try:
            return Manifest.from_bytes(self.path.read_bytes())
        except (OSError, IndexUnavailable):
            return None

    def close(self) -> None:
        with self._opening:
            self._seen = self._manifest = self._snapshot = None
            self._checked = set()

    def check(self, manifest: Manifest) -> None:
        """Raises IndexDamaged for a segment with a wrong checksum. Each file is read once in a process."""
        for entry in manifest.segments:
            if entry.name not in self._checked:
                with suppress(FileNotFoundError), reading_files():  # a merge has just replaced it
                    if checksum(self._folder / entry.file) != entry.crc:
                        raise ValueError(f"the checksum of {entry.file} is wrong")
                    self._checked.add(entry.name)
        self._checked &= {entry.name for entry in manifest.segments}

    def check_again(self) -> None:
        """`check` for all open segments, whether checked before or not."""
        if self._manifest is not None:
            self._checked.clear()
            self.check(self._manifest)

    def mark_checked(self, names: Iterable[str]) -> None:
        """These segments were written by this process."""
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
            raise IndexDamaged(f"{entry.file} is not as long as it was")
        segment = Segment(path)
        if segment.documents != entry.documents:
            raise IndexDamaged(f"{entry.file} does not hold {entry.documents} documents")
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
                raise ValueError(f"{entry.deletions} does not hold {entry.deleted} numbers")
            return numbers


def _identity(path: Path) -> tuple[int, bytes]:
    """Differs for each commit: the inode, and the checksum, since a file system may use inode numbers again."""
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_ino, file.readline(9)
