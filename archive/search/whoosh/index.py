"""The embedded engine: an index in a folder, in Whoosh's file format. One process applies, any number of them search.

The folder contains immutable segments, a deletions file for each segment with deleted documents, and a manifest that
names these files and records the log position. A commit writes one segment and replaces the manifest. It reads and
writes nothing else of the index, so that adding an article costs the same in an archive of any size.

A rebuild has its own manifest, next to the live one, and replaces that atomically when it is complete."""

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
from archive.search.whoosh.segment.directory import checksum, locked, replace_synced, storage_errors, sync_file
from archive.search.whoosh.segment.entry import SegmentEntry

if TYPE_CHECKING:
    from archive.search.whoosh.searching.index_reader import SnapshotReader

MANIFEST: Final = "manifest.json"
NEXT: Final = "next.json"  # the manifest of a rebuild in progress
WRITE_LOCK: Final = "write.lock"
TIDY_LOCK: Final = "tidy.lock"
DAMAGED: Final = "damaged"  # a marker file that a reader leaves for the worker
MERGING: Final = "merging-"  # name prefix of the folders of unfinished merges

RELEASE_BYTES: Final = 8 << 20  # after decoding this much, mapped pages are released
LARGE_BATCH_THRESHOLD: Final = 2000  # articles; from here on several processes build: starting them takes a second
SMALL_MERGE_THRESHOLD: Final = 1000  # documents; merging more uses another process, which takes longer to start
LOCK_TIMEOUT: Final = timedelta(seconds=2)
SWAP_TIMEOUT: Final = timedelta(minutes=2)  # a rebuild's batch locks for seconds: waiting beats repeating the merge


def open_index(location: str, *, folder: Path, recency: float) -> SearchIndex:
    """See engines.Opener. The location is a folder, as in whoosh:///srv/index."""
    path = location.removeprefix("//")
    return WhooshIndex(Path(path) if path else folder, recency=recency)


class WhooshIndex(SearchIndex):
    """A SearchIndex in a folder. Only `clear` creates the folder."""

    def __init__(self, folder: Path, *, recency: float = 0.0, lock_timeout: timedelta = LOCK_TIMEOUT) -> None:
        """`recency`: the score of the newest article is multiplied by 1 + `recency`; the boost halves with every year
        of age. `lock_timeout`: how long to wait for another writer."""
        self._folder = folder
        self._recency = recency
        self._lock_timeout = lock_timeout
        self._cache = Cache()
        self._writing = threading.Lock()
        self._live = Generation(folder / MANIFEST)
        self._next = Generation(folder / NEXT)
        self._builders = BuilderProcesses()
        self._searched: Snapshot | None = None  # the snapshot whose data the cache holds
        self._released_at = 0  # the cache's `loaded_bytes` when mapped pages were last released

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
                manifest, snapshot = self._target.current()
                if (self._folder / DAMAGED).exists():
                    return 0
                self._target.check(manifest)
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
        """Release files, memory and processes. The next call reopens the index."""
        self._builders.close()
        self._live.close()
        self._next.close()
        self._searched = None
        self._cache, self._released_at = Cache(), 0

    def _open(self) -> tuple[Manifest, Snapshot]:
        """The commit to search. Drops cached data of earlier commits."""
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
                return self._live.current()  # the rebuild may have just become the live index
            raise IndexUnavailable(
                f"the search index is being built: {building.position:,} of {building.until:,} changes are indexed"
            ) from error

    @property
    def _target(self) -> Generation:
        """The generation that changes are applied to: a rebuild in progress, else the live index."""
        return self._next if self._next.exists() else self._live

    # Applying --------------------------------------------------------------------------------------------

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        with self._marking_damage(), self._sole_writer():
            generation = self._target
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
                # A damaged index may return wrong results, so it does not answer during the rebuild.
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
        if len(articles) >= LARGE_BATCH_THRESHOLD:
            entries = self._builders.build(articles, self._folder)
            files.add(entries)
            return entries
        if not articles:
            return []
        from archive.search.whoosh.indexing.segment_writer import build_segment  # loads NumPy

        return [files.segment(*build_segment(articles))]

    def _write(self, generation: Generation, manifest: Manifest) -> None:
        """Replaces the manifest: the atomic step of a commit. The last commit of a rebuild replaces the live index."""
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
        """Deletes those files that no manifest names. Files that a reader may open stay, at whichever step a commit
        failed."""
        if unused := set(names):
            with suppress(OSError):  # `_sweep` removes leftovers later
                for name in unused - self._named():
                    (self._folder / name).unlink(missing_ok=True)

    def _named(self) -> set[str]:
        named: set[str] = set()
        for generation in (self._live, self._next):
            with suppress(FileNotFoundError, IndexUnavailable):
                named |= Manifest.from_bytes(generation.path.read_bytes()).files()
        return named

    @contextmanager
    def _sole_writer(self, timeout: timedelta | None = None) -> Iterator[None]:
        """Locks out other writing threads and processes. Raises IndexLocked after `timeout`."""
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
        """Marks the folder as damaged if the work fails with IndexDamaged: the worker checks each file only once.

        Damaged bytes may also be decodable but wrong. If the work fails with another error of DAMAGE, checksums decide
        whether the files are damaged or the program has a bug."""
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
        """See SearchIndex. Merges into a separate folder; only moving the result into place takes the write lock."""
        with suppress(IndexLocked), self._marking_damage():  # IndexLocked: another process is tidying
            if not self._folder.is_dir():
                raise IndexUnavailable(f"there is no search index in {self._folder}")
            with locked(self._folder / TIDY_LOCK, timeout=timedelta(0)):
                for leftover in self._folder.glob(f"{MERGING}*"):
                    shutil.rmtree(leftover, ignore_errors=True)
                while self._merge_once():
                    pass
                with self._sole_writer(), storage_errors("tidying"):
                    self._target.current()  # raises if the index cannot be opened, so that nothing of it is swept
                    self._sweep()

    def _merge_once(self) -> bool:
        """Runs the next merge. False if there is nothing to merge."""
        generation = self._target
        manifest, snapshot = generation.current()
        chosen = {entry.name for entry in segments_to_merge(manifest.segments, is_built=generation is self._live)}
        sources = [part for part in snapshot.segments if part.segment.name in chosen]
        if not sources:
            return False
        with storage_errors("merging"), tempfile.TemporaryDirectory(prefix=MERGING, dir=self._folder) as scratch:
            files = [(self._folder / f"{part.segment.name}.seg", sorted(part.deleted)) for part in sources]
            in_process = live_documents(sources) <= SMALL_MERGE_THRESHOLD
            path, documents = merge_segments(files, Path(scratch), in_process=in_process)
            sync_file(path)
            entry = SegmentEntry(path.stem, documents, path.stat().st_size, checksum(path))
            with self._sole_writer(SWAP_TIMEOUT):
                self._swap(sources, path, entry)
        return True

    def _swap(self, sources: Sequence[LiveSegment], path: Path, entry: SegmentEntry) -> None:
        """Replaces the sources with the merged segment. Deletes from it the documents deleted during the merge."""
        generation = self._target
        manifest, snapshot = generation.current()
        now = {part.segment.name: part.deleted for part in snapshot.segments}
        replaced = {part.segment.name for part in sources}
        if not replaced <= now.keys():
            return  # the index was cleared, or a source has no live documents left
        deleted_since: set[int] = set()
        base = 0
        for part in sources:
            skipped = sorted(part.deleted)  # documents that the merge left out
            deleted_since.update(
                base + document - bisect_left(skipped, document) for document in now[part.segment.name] - part.deleted
            )
            base += part.segment.documents - len(skipped)
        with self._new_files() as files:
            files.add([entry])
            path.replace(self._folder / entry.file)
            if deleted_since:
                entry = files.deletions(entry, deleted_since)
            kept = [old for old in manifest.segments if old.name not in replaced]
            committed = replace(manifest, segments=(entry, *kept))
            replace_synced(generation.path, committed.to_bytes())
        generation.mark_checked(files.segments)
        self._remove(manifest.files() - committed.files())

    def _sweep(self) -> None:
        """Deletes files left by a killed process. The write lock ensures that no other process is creating files."""
        kept = {MANIFEST, NEXT, WRITE_LOCK, TIDY_LOCK, DAMAGED} | self._named()
        for path in self._folder.iterdir():
            if path.name not in kept and path.is_file():
                path.unlink(missing_ok=True)


def _changes(snapshot: Snapshot, articles: Iterable[Article]) -> tuple[list[Article], dict[str, set[int]]]:
    """The articles that are newer than their indexed revisions, and the documents that they replace, by segment."""
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
