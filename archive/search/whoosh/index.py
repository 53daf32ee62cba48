"""The embedded engine: an index in a folder, in Whoosh's file format. One process applies, any number search.

The folder holds immutable segments, a file of deletions beside those that need one, and a manifest that names them and
the log position. A commit writes one segment and replaces the manifest. Nothing else of the index is read or written,
so that adding one article costs the same in an archive of any size.

A rebuild has a manifest of its own, beside that of the index that is searched, and replaces it atomically."""

from __future__ import annotations

import shutil
import tempfile
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from archive.article import Article
from archive.errors import IndexLocked, IndexUnavailable
from archive.search.index import Hit, IndexStatus, Results, SearchIndex, SearchQuery, Suggestions
from archive.search.similar import similar
from archive.search.suggestions import suggest
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.indexing.merge_policy import live_documents, segments_to_merge
from archive.search.whoosh.indexing.merge_process import merge_segments
from archive.search.whoosh.indexing.new_files import NewFiles
from archive.search.whoosh.indexing.worker_processes import BuilderProcesses
from archive.search.whoosh.manifest import Generation, Manifest
from archive.search.whoosh.reader import LiveSegment, Snapshot
from archive.search.whoosh.segment.damage import DAMAGE, IndexDamaged
from archive.search.whoosh.segment.directory import (
    checksum,
    locked,
    replace_synced,
    storage_errors,
    sync_file,
)
from archive.search.whoosh.segment.entry import SegmentEntry

if TYPE_CHECKING:
    from archive.search.whoosh.searching.index_reader import SnapshotReader

MANIFEST: Final = "manifest.json"
NEXT: Final = "next.json"  # the manifest of an index that is being built beside it
WRITE_LOCK: Final = "write.lock"
TIDY_LOCK: Final = "tidy.lock"
DAMAGED: Final = "damaged"  # a mark that a reader leaves for the worker
MERGING: Final = "merging-"  # folders of unfinished merges

RELEASE_BYTES: Final = 8 << 20  # decoded since mapped pages were released last
LARGE_BATCH: Final = 2000  # articles, from which on several processes build: starting them takes a second
SMALL_MERGE: Final = 1000  # documents, up to which this process merges: starting another takes longer
LOCK_TIMEOUT: Final = timedelta(seconds=2)
SWAP_TIMEOUT: Final = timedelta(minutes=2)  # a batch of a rebuild takes some seconds; a finished merge is worth waiting


def open_index(location: str, *, folder: Path, recency: float) -> SearchIndex:
    """See engines.Opener. The location is that of the folder, as in whoosh:///srv/index."""
    named = location.removeprefix("//")
    return WhooshIndex(Path(named) if named else folder, recency=recency)


class WhooshIndex(SearchIndex):
    """A SearchIndex in a folder. Only `clear` makes the folder."""

    def __init__(self, folder: Path, *, recency: float = 0.0, lock_timeout: timedelta = LOCK_TIMEOUT) -> None:
        """`recency`: the share of itself by which the score of the newest article grows; that of an article a year
        older grows by half of that. `lock_timeout`: how long to wait for another writer."""
        self._folder = folder
        self._recency = recency
        self._lock_timeout = lock_timeout
        self._cache = Cache()
        self._writing = threading.Lock()
        self._live = Generation(folder / MANIFEST)
        self._next = Generation(folder / NEXT)
        self._builders = BuilderProcesses()
        self._searched: Snapshot | None = None  # which the cache belongs to
        self._released_at = 0  # bytes that the cache had loaded when mapped pages were released last

    # Searching -------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> Results:
        from archive.search.whoosh.searching.searcher import search  # loads NumPy

        with self._marking_damage():
            return search(self._open()[1], self._cache, query, recency=self._recency)

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        with self._marking_damage():
            return suggest(self._reader(), text, limit)

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        with self._marking_damage():
            return similar(self._reader(), article, limit)

    def _reader(self) -> SnapshotReader:
        from archive.search.whoosh.searching.index_reader import SnapshotReader  # loads NumPy

        return SnapshotReader(self._open()[1], self._cache)

    def revisions(self) -> Iterator[tuple[str, int]]:
        with self._marking_damage():
            for part in self._open()[1].segments:
                for document in part.live_documents():
                    yield part.segment.rows.id_of(document), part.segment.rows.revisions[document]

    def position(self) -> int:
        try:
            with self._marking_damage():
                manifest, snapshot = self._applied_to.current()
                if (self._folder / DAMAGED).exists():
                    return 0
                self._applied_to.check(manifest)
                return snapshot.position
        except IndexUnavailable:
            return 0

    def awaited(self) -> int:
        manifest = self._next.manifest()
        return manifest.until if manifest else 0

    def status(self) -> IndexStatus:
        with self._marking_damage():
            manifest, snapshot = self._open()
            size = sum(entry.size for entry in manifest.segments)
            return IndexStatus("whoosh", snapshot.live_count, snapshot.position, len(snapshot.segments), size)

    def close(self) -> None:
        """Release files, memory and processes. The next call opens the index again."""
        self._builders.close()
        self._live.close()
        self._next.close()
        self._searched = None
        self._cache, self._released_at = Cache(), 0

    def _open(self) -> tuple[Manifest, Snapshot]:
        """The commit to search."""
        manifest, snapshot = self._opened()
        if snapshot is not self._searched:
            self._searched = snapshot
            self._cache.retain({snapshot.key, *(part.segment.name for part in snapshot.segments)})
            self._cache.make_room(snapshot.live_count)
        if self._cache.loaded_bytes - self._released_at > RELEASE_BYTES:
            self._released_at = self._cache.loaded_bytes
            for part in snapshot.segments:
                part.segment.release_pages()
        return manifest, snapshot

    def _opened(self) -> tuple[Manifest, Snapshot]:
        try:
            return self._live.current()
        except IndexDamaged:
            raise
        except IndexUnavailable as error:
            building = self._next.manifest()
            if building is None:
                return self._live.current()  # it may just have replaced the other
            raise IndexUnavailable(
                f"the search index is being built: it holds {building.position:,} of {building.until:,} changes"
            ) from error

    @property
    def _applied_to(self) -> Generation:
        return self._next if self._next.exists() else self._live

    # Applying --------------------------------------------------------------------------------------------

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        with self._marking_damage(), self._sole_writer():
            generation = self._applied_to
            manifest, snapshot = generation.current()
            newest: dict[str, Article] = {}
            for article in articles:
                known = newest.get(article.id)
                if known is None or known.revision < article.revision:
                    newest[article.id] = article
            changed, replaced = _changes(snapshot, newest.values())
            if changed or position > manifest.position:
                self._commit(generation, changed, replaced, max(position, manifest.position))

    def clear(self, *, until: int = 0) -> None:
        with storage_errors("starting a new index"):
            self._folder.mkdir(parents=True, exist_ok=True)
        with self._sole_writer(), storage_errors("starting a new index"):
            generation = self._next if until > 0 else self._live
            if generation is self._live:
                self._next.path.unlink(missing_ok=True)
            replace_synced(generation.path, Manifest(0, (), until).to_bytes())
            if (self._folder / DAMAGED).exists():
                # A damaged index may answer wrongly: better no answer.
                if generation is self._next:
                    self._live.path.unlink(missing_ok=True)
                (self._folder / DAMAGED).unlink(missing_ok=True)
            self._sweep()

    def _commit(
        self, generation: Generation, changed: Sequence[Article], replaced: Mapping[str, set[int]], position: int
    ) -> None:
        manifest, snapshot = generation.current()
        with self._new_files() as files, storage_errors("indexing"):
            deleted = {part.segment.name: part.deleted for part in snapshot.segments}
            entries = []
            for entry in manifest.segments:
                if entry.name in replaced:
                    entry = files.deletions(entry, deleted[entry.name] | replaced[entry.name])
                if entry.live_count:
                    entries.append(entry)
            entries += self._built(changed, files)
            committed = Manifest(position, tuple(entries), manifest.until)
            self._write(generation, committed)
        generation.mark_checked(files.segments)
        self._remove(manifest.files() - committed.files())

    def _built(self, articles: Sequence[Article], files: NewFiles) -> list[SegmentEntry]:
        if len(articles) >= LARGE_BATCH:
            entries = self._builders.build(articles, self._folder)
            files.add(entries)
            return entries
        if not articles:
            return []
        from archive.search.whoosh.indexing.segment_writer import build_segment  # loads NumPy

        return [files.segment(*build_segment(articles))]

    def _write(self, generation: Generation, manifest: Manifest) -> None:
        """The atomic step of a commit. The last commit of a rebuild replaces the other index."""
        if generation is self._next and manifest.position >= manifest.until:
            before = self._live.manifest()
            replace_synced(self._live.path, replace(manifest, until=0).to_bytes())
            self._next.path.unlink(missing_ok=True)
            self._live.mark_checked(entry.name for entry in manifest.segments)
            self._next.close()
            self._builders.close()
            self._remove(before.files() if before else ())
        else:
            replace_synced(generation.path, manifest.to_bytes())

    @contextmanager
    def _new_files(self) -> Iterator[NewFiles]:
        files = NewFiles(self._folder)
        try:
            yield files
        except BaseException:
            self._remove(files.names)
            raise

    def _remove(self, names: Iterable[str]) -> None:
        """Deletes files that no manifest names: files that readers may open stay, whatever failed and when."""
        if gone := set(names):
            with suppress(OSError):  # leftovers are swept later
                for name in gone - self._named():
                    (self._folder / name).unlink(missing_ok=True)

    def _named(self) -> set[str]:
        named: set[str] = set()
        for generation in (self._live, self._next):
            with suppress(FileNotFoundError, IndexUnavailable):
                named |= Manifest.from_bytes(generation.path.read_bytes()).files()
        return named

    @contextmanager
    def _sole_writer(self, timeout: timedelta | None = None) -> Iterator[None]:
        """Excludes other threads and other processes. Raises IndexLocked."""
        timeout = timeout or self._lock_timeout
        if not self._writing.acquire(timeout=timeout.total_seconds()):
            raise IndexLocked("another thread is writing the search index")
        try:
            if not self._folder.is_dir():
                raise IndexUnavailable(f"there is no search index in {self._folder}")
            with locked(self._folder / WRITE_LOCK, timeout=timeout):
                yield
        finally:
            self._writing.release()

    @contextmanager
    def _marking_damage(self) -> Iterator[None]:
        """Marks the folder as damaged for the worker, which checks each file only once.

        Damaged bytes may also be readable and wrong. When the work fails, checksums decide whether that is damage or
        an error of the program."""
        try:
            try:
                yield
            except DAMAGE:
                for generation in (self._live, self._next):
                    generation.check_again()
                raise
        except IndexDamaged:
            with suppress(OSError):
                (self._folder / DAMAGED).touch()
            raise

    # Merging ---------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Merges into a folder of its own, without the write lock, which only putting the result in place takes."""
        with suppress(IndexLocked), self._marking_damage():  # locked: another process is tidying
            if not self._folder.is_dir():
                raise IndexUnavailable(f"there is no search index in {self._folder}")
            with locked(self._folder / TIDY_LOCK, timeout=timedelta(0)):
                for leftover in self._folder.glob(f"{MERGING}*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                while self._merge_once():
                    pass
                with self._sole_writer(), storage_errors("tidying"):
                    self._applied_to.current()  # raises, so that nothing is swept from an index that cannot be opened
                    self._sweep()

    def _merge_once(self) -> bool:
        """Returns whether there was something to merge."""
        generation = self._applied_to
        manifest, snapshot = generation.current()
        chosen = {entry.name for entry in segments_to_merge(manifest.segments, is_built=generation is self._live)}
        sources = [part for part in snapshot.segments if part.segment.name in chosen]
        if not sources:
            return False
        with storage_errors("merging"), tempfile.TemporaryDirectory(prefix=MERGING, dir=self._folder) as scratch:
            files = [(self._folder / f"{part.segment.name}.seg", sorted(part.deleted)) for part in sources]
            in_process = live_documents(sources) <= SMALL_MERGE
            path, documents = merge_segments(files, Path(scratch), in_process=in_process)
            sync_file(path)
            entry = SegmentEntry(path.stem, documents, path.stat().st_size, checksum(path))
            with self._sole_writer(SWAP_TIMEOUT):
                self._swap(sources, path, entry)
        return True

    def _swap(self, sources: Sequence[LiveSegment], path: Path, entry: SegmentEntry) -> None:
        """Replaces the sources by the merged segment, without documents that were deleted from them meanwhile."""
        generation = self._applied_to
        manifest, snapshot = generation.current()
        now = {part.segment.name: part.deleted for part in snapshot.segments}
        replaced = {part.segment.name for part in sources}
        if not replaced <= now.keys():
            return  # the index was cleared, or all documents of a source were deleted
        late: set[int] = set()
        base = 0
        for part in sources:
            skipped = sorted(part.deleted)  # by the merge
            late.update(
                base + document - bisect_left(skipped, document) for document in now[part.segment.name] - part.deleted
            )
            base += part.segment.documents - len(skipped)
        with self._new_files() as files:
            files.add([entry])
            path.replace(self._folder / entry.file)
            if late:
                entry = files.deletions(entry, late)
            kept = [old for old in manifest.segments if old.name not in replaced]
            committed = replace(manifest, segments=(entry, *kept))
            replace_synced(generation.path, committed.to_bytes())
        generation.mark_checked(files.segments)
        self._remove(manifest.files() - committed.files())

    def _sweep(self) -> None:
        """Deletes files that a killed process has left. Under the write lock no other process makes any."""
        kept = {MANIFEST, NEXT, WRITE_LOCK, TIDY_LOCK, DAMAGED} | self._named()
        for path in self._folder.iterdir():
            if path.name not in kept and path.is_file():
                path.unlink(missing_ok=True)


def _changes(snapshot: Snapshot, articles: Iterable[Article]) -> tuple[list[Article], dict[str, set[int]]]:
    """The articles that are newer than in the index, and the documents that they replace, by segment."""
    changed: list[Article] = []
    replaced: dict[str, set[int]] = defaultdict(set)
    for article in articles:
        current = [
            (part, document)
            for part in snapshot.segments
            if (document := part.segment.find(article.id)) is not None and document not in part.deleted
        ]
        if all(part.segment.rows.revisions[document] < article.revision for part, document in current):
            changed.append(article)
            for part, document in current:
                replaced[part.segment.name].add(document)
    return changed, replaced
