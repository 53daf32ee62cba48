"""Search inside the process, in files of Whoosh's: one process applies, any number search.

The folder holds immutable segments, a file of deletions beside those that need one, and a manifest that
names them and the log position. A commit writes one segment and replaces the manifest; nothing else of
the index is read or written, so that adding one article costs the same in an archive of any size."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
import threading
import time
import uuid
import zlib
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from archive import analysis
from archive.article import Article
from archive.errors import IndexLocked, IndexUnavailable
from archive.search import Hit, IndexStatus, Results, SearchQuery, Suggestions
from archive.whoosh_merge import merged
from archive.whoosh_segment import Entry, Segment
from archive.whoosh_snapshot import Cache, Part, Snapshot
from archive.whoosh_storage import (
    DAMAGE,
    IndexDamaged,
    checksum,
    locked,
    reading_files,
    replace_synced,
    storage_errors,
    sync_file,
    write_synced,
)

FORMAT: Final = 2  # of the folder: an index of another format is unavailable, and is built anew
MANIFEST: Final = "manifest.json"
WRITE_LOCK: Final = "write.lock"
TIDY_LOCK: Final = "tidy.lock"
DAMAGED: Final = "damaged"  # left by whoever comes upon damage, so that the worker learns of it
MERGING: Final = "merging-"

FAN: Final = 8  # segments of about one size that are merged into one
SMALL_MERGE: Final = 1000  # documents that are merged in this process: starting another takes longer
LARGEST_MERGED: Final = 500_000  # documents; a larger segment is left alone
MOST_DEAD: Final = 0.25  # of a segment's documents; beyond, it is written anew


@dataclass(frozen=True, slots=True)
class Manifest:
    """One commit: the log position with the segments that hold everything up to it."""

    position: int
    segments: tuple[Entry, ...]

    def to_bytes(self) -> bytes:
        content = {
            "format": FORMAT,
            "analysis": analysis.VERSION,
            "position": self.position,
            "segments": [asdict(entry) for entry in self.segments],
        }
        body = json.dumps(content, separators=(",", ":")).encode()
        return b"%08x\n%s" % (zlib.crc32(body), body)

    @classmethod
    def from_bytes(cls, content: bytes) -> Manifest:
        """Raises IndexUnavailable for one of another version, IndexDamaged for what `to_bytes` did not write."""
        with reading_files():
            crc, body = content.split(b"\n", 1)
            if int(crc, 16) != zlib.crc32(body):
                raise ValueError("the manifest's checksum is wrong")
            read = json.loads(body)
            if (read["format"], read["analysis"]) != (FORMAT, analysis.VERSION):
                raise IndexUnavailable("the search index was made by another version of Dateline")
            return cls(int(read["position"]), tuple(Entry(**entry) for entry in read["segments"]))


class WhooshIndex:
    """A SearchIndex in a folder. `clear` makes the folder; nothing else does."""

    def __init__(self, folder: Path, *, patience: timedelta = timedelta(seconds=2)) -> None:
        """`patience`: how long to wait for another process that is writing."""
        self._folder = folder
        self._patience = patience
        self._cache = Cache()
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._seen: tuple[int, bytes] | None = None
        self._manifest: Manifest | None = None
        self._snapshot: Snapshot | None = None
        self._sound: set[str] = set()  # segments whose checksums were found right

    # Searching -------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> Results:
        from archive.whoosh_answer import answer

        with self._noticing_damage():
            return answer(self._current()[1], self._cache, query)

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        from archive.whoosh_suggesting import suggestions

        with self._noticing_damage():
            return suggestions(self._current()[1], self._cache, text, limit)

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        from archive.whoosh_similar import similar

        with self._noticing_damage():
            return similar(self._current()[1], self._cache, article, limit)

    def revisions(self) -> Iterator[tuple[str, int]]:
        with self._noticing_damage():
            for part in self._current()[1].parts:
                for document in part.documents():
                    yield part.segment.rows.id_of(document), part.segment.rows.revisions[document]

    def position(self) -> int:
        try:
            with self._noticing_damage():
                manifest, snapshot = self._current()
                if (self._folder / DAMAGED).exists():
                    return 0
                self._check(manifest.segments)
                return snapshot.position
        except IndexUnavailable:
            return 0

    def status(self) -> IndexStatus:
        with self._noticing_damage():
            manifest, snapshot = self._current()
            size = sum(entry.size for entry in manifest.segments)
            return IndexStatus("whoosh", snapshot.living, snapshot.position, len(snapshot.parts), size)

    def close(self) -> None:
        """Lets go of the files. The index opens them again when it is asked again."""
        with self._opening:
            self._seen = self._manifest = self._snapshot = None
            self._cache = Cache()

    # Applying --------------------------------------------------------------------------------------------

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        with self._noticing_damage(), self._sole_writer():
            manifest, snapshot = self._current()
            newest: dict[str, Article] = {}
            for article in articles:
                held = newest.get(article.id)
                if held is None or held.revision < article.revision:
                    newest[article.id] = article
            changed, replaced = _changes(snapshot, newest.values())
            if changed or position > manifest.position:
                self._commit(manifest, snapshot, changed, replaced, max(position, manifest.position))

    def clear(self) -> None:
        with storage_errors("starting a new index"):
            self._folder.mkdir(parents=True, exist_ok=True)
        with self._sole_writer(), storage_errors("starting a new index"):
            manifest = Manifest(0, ())
            replace_synced(self._folder / MANIFEST, manifest.to_bytes())
            (self._folder / DAMAGED).unlink(missing_ok=True)
            self._sweep(manifest)
            self._sound.clear()

    def _commit(
        self,
        manifest: Manifest,
        snapshot: Snapshot,
        changed: Sequence[Article],
        replaced: Mapping[str, set[int]],
        position: int,
    ) -> None:
        with self._new_files() as files, storage_errors("indexing"):
            deleted = {part.segment.name: part.deleted for part in snapshot.parts}
            entries = []
            for entry in manifest.segments:
                if entry.name in replaced:
                    entry = files.deletions(entry, deleted[entry.name] | replaced[entry.name])
                if entry.living:
                    entries.append(entry)
            if changed:
                from archive.whoosh_building import build  # with NumPy: a process that applies nothing does without

                entries.append(files.segment(*build(changed)))
            committed = Manifest(position, tuple(entries))
            replace_synced(self._folder / MANIFEST, committed.to_bytes())
        self._sound.update(files.segments)
        self._remove(_files(manifest) - _files(committed))

    @contextmanager
    def _new_files(self) -> Iterator[_NewFiles]:
        files = _NewFiles(self._folder)
        try:
            yield files
        except BaseException:
            self._remove(files.names)
            raise

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    @contextmanager
    def _sole_writer(self) -> Iterator[None]:
        """Between threads of this process and between processes. Raises IndexLocked."""
        if not self._writing.acquire(timeout=self._patience.total_seconds()):
            raise IndexLocked("another thread is writing the search index")
        try:
            if not self._folder.is_dir():
                raise IndexUnavailable(f"there is no search index in {self._folder}")
            with locked(self._folder / WRITE_LOCK, patience=self._patience):
                yield
        finally:
            self._writing.release()

    # Opening ---------------------------------------------------------------------------------------------

    def _current(self) -> tuple[Manifest, Snapshot]:
        """The last commit, opened. What has not changed since the one before stays as it is."""
        path = self._folder / MANIFEST
        for _ in range(100):
            try:
                seen = _identity(path)
            except OSError as error:
                raise IndexUnavailable(f"there is no search index in {self._folder}") from error
            with self._opening:
                if self._manifest is not None and self._snapshot is not None and self._seen == seen:
                    return self._manifest, self._snapshot
                try:
                    manifest = Manifest.from_bytes(path.read_bytes())
                    self._snapshot = self._opened(manifest)
                except FileNotFoundError:
                    if _identity(path) == seen:
                        raise IndexDamaged("the search index has lost a file") from None
                    time.sleep(0.002)  # a commit came between reading its names and opening them
                    continue
                self._manifest, self._seen = manifest, seen
                return manifest, self._snapshot
        raise IndexUnavailable("the search index changes faster than it can be opened")

    def _opened(self, manifest: Manifest) -> Snapshot:
        known = {part.segment.name: part for part in self._snapshot.parts} if self._snapshot else {}
        before = {entry.name: entry for entry in self._manifest.segments} if self._manifest else {}
        parts = []
        for entry in manifest.segments:
            part = known.get(entry.name)
            if part is None or before.get(entry.name) != entry:
                segment = part.segment if part else self._open(entry)
                part = Part(segment, self._deletions(entry))
            parts.append(part)
        return Snapshot(manifest.position, parts)

    def _open(self, entry: Entry) -> Segment:
        path = self._folder / entry.file
        if path.stat().st_size != entry.size:
            raise IndexDamaged(f"{entry.file} is not as long as it was")
        segment = Segment(path)
        if segment.documents != entry.documents:
            raise IndexDamaged(f"{entry.file} does not hold {entry.documents} documents")
        return segment

    def _deletions(self, entry: Entry) -> frozenset[int]:
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

    def _check(self, entries: Iterable[Entry]) -> None:
        """Raises IndexDamaged for a segment that is not what was written. Each is read once a process."""
        for entry in entries:
            if entry.name not in self._sound:
                with suppress(FileNotFoundError), reading_files():  # a merge has just replaced it
                    if checksum(self._folder / entry.file) != entry.crc:
                        raise ValueError(f"the checksum of {entry.file} is wrong")
                    self._sound.add(entry.name)

    @contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Tells the worker of damage, by a mark: it has checked each file once, and looks no more.

        What was read may also be readable and wrong. Where that made the work fail, checksums decide
        whether it is damage or a fault of the program."""
        try:
            try:
                yield
            except DAMAGE:
                if self._manifest is not None:
                    self._sound.clear()
                    self._check(self._manifest.segments)
                raise
        except IndexDamaged:
            with suppress(OSError):
                (self._folder / DAMAGED).touch()
            raise

    # Keeping house ---------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Merges off the write lock, into a folder of its own; only putting the result in place takes it."""
        with suppress(IndexLocked), self._noticing_damage():  # locked: somebody else is at it
            if not self._folder.is_dir():
                raise IndexUnavailable(f"there is no search index in {self._folder}")
            with locked(self._folder / TIDY_LOCK, patience=timedelta(0)):
                for left_over in self._folder.glob(f"{MERGING}*"):
                    shutil.rmtree(left_over, ignore_errors=True)
                while self._merge_once():
                    pass
                with self._sole_writer(), storage_errors("tidying"):
                    self._sweep(self._current()[0])

    def _merge_once(self) -> bool:
        """Whether there was something to merge."""
        manifest, snapshot = self._current()
        chosen = {entry.name for entry in _to_merge(manifest.segments)}
        parts = [part for part in snapshot.parts if part.segment.name in chosen]
        if not parts:
            return False
        with storage_errors("merging"), tempfile.TemporaryDirectory(prefix=MERGING, dir=self._folder) as scratch:
            sources = [(self._folder / f"{part.segment.name}.seg", sorted(part.deleted)) for part in parts]
            path, documents = merged(sources, Path(scratch), here=_living(parts) <= SMALL_MERGE)
            sync_file(path)
            entry = Entry(path.stem, documents, path.stat().st_size, checksum(path))
            with self._sole_writer():
                self._swap(parts, path, entry)
        return True

    def _swap(self, merged_parts: Sequence[Part], path: Path, entry: Entry) -> None:
        """Puts a merged segment in the place of its sources, without what was deleted from them meanwhile."""
        manifest, snapshot = self._current()
        now = {part.segment.name: part.deleted for part in snapshot.parts}
        replaced = {part.segment.name for part in merged_parts}
        if not replaced <= now.keys():
            return  # the index was cleared, or a source has died out
        late: set[int] = set()
        base = 0
        for part in merged_parts:
            gone = sorted(part.deleted)
            late.update(
                base + document - bisect_left(gone, document) for document in now[part.segment.name] - part.deleted
            )
            base += part.segment.documents - len(gone)
        with self._new_files() as files:
            files.names.append(entry.file)
            path.replace(self._folder / entry.file)
            self._sound.add(entry.name)
            if late:
                entry = files.deletions(entry, late)
            kept = [old for old in manifest.segments if old.name not in replaced]
            committed = Manifest(manifest.position, (entry, *kept))
            replace_synced(self._folder / MANIFEST, committed.to_bytes())
        self._remove(_files(manifest) - _files(committed))

    def _sweep(self, manifest: Manifest) -> None:
        """Removes what a process that was killed has left. Under the write lock nobody else makes files."""
        kept = {MANIFEST, WRITE_LOCK, TIDY_LOCK, DAMAGED} | _files(manifest)
        for path in self._folder.iterdir():
            if path.name not in kept and path.is_file():
                path.unlink(missing_ok=True)


class _NewFiles:
    """The files that a commit makes, so that they can be taken back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.names: list[str] = []
        self.segments: list[str] = []

    def segment(self, name: str, documents: int, content: bytes) -> Entry:
        entry = Entry(name, documents, len(content), zlib.crc32(content))
        self._write(entry.file, content)
        self.segments.append(name)
        return entry

    def deletions(self, entry: Entry, deleted: Iterable[int]) -> Entry:
        numbers = array("I", sorted(deleted))
        content = numbers.tobytes()
        name = f"{entry.name}.{uuid.uuid4().hex[:12]}.del"
        self._write(name, zlib.crc32(content).to_bytes(4, "big") + content)
        return replace(entry, deletions=name, deleted=len(numbers))

    def _write(self, name: str, content: bytes) -> None:
        self.names.append(name)
        write_synced(self._folder / name, content)


def _changes(snapshot: Snapshot, articles: Iterable[Article]) -> tuple[list[Article], dict[str, set[int]]]:
    """The articles that are newer than what the index has, and the documents that they replace."""
    changed: list[Article] = []
    replaced: dict[str, set[int]] = defaultdict(set)
    for article in articles:
        held = [
            (part, document)
            for part in snapshot.parts
            if (document := part.segment.find(article.id)) is not None and document not in part.deleted
        ]
        if all(part.segment.rows.revisions[document] < article.revision for part, document in held):
            changed.append(article)
            for part, document in held:
                replaced[part.segment.name].add(document)
    return changed, replaced


def _files(manifest: Manifest) -> set[str]:
    segments = {entry.file for entry in manifest.segments}
    return segments | {entry.deletions for entry in manifest.segments if entry.deletions is not None}


def _identity(path: Path) -> tuple[int, bytes]:
    """Differs for each commit: the file, and its checksum, since a file system may use its number again."""
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_ino, file.readline(9)


def _living(parts: Iterable[Part]) -> int:
    return sum(part.segment.documents - len(part.deleted) for part in parts)


def _to_merge(entries: Sequence[Entry]) -> list[Entry]:
    """The smallest size of which there are too many; else one segment with too many dead."""
    by_size: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.living <= LARGEST_MERGED // FAN:
            by_size[int(math.log(max(entry.living, 1), FAN))].append(entry)
    for _, alike in sorted(by_size.items()):
        if len(alike) >= FAN:
            return alike
    return [entry for entry in entries if entry.deleted > MOST_DEAD * entry.documents][:1]
