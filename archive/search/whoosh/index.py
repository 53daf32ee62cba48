"""Search inside the process, in files of Whoosh's: one process applies, any number search.

The folder holds immutable segments, a file of deletions beside those that need one, and a manifest that
names them and the log position. A commit writes one segment and replaces the manifest; nothing else of
the index is read or written, so that adding one article costs the same in an archive of any size.

A rebuild has a manifest of its own, beside that which is searched, and takes its place at one stroke."""

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
from typing import Final

from archive.article import Article
from archive.errors import IndexLocked, IndexUnavailable
from archive.search.index import Hit, IndexStatus, Results, SearchQuery, Suggestions
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.indexing.merge_policy import live_count, segments_to_merge
from archive.search.whoosh.indexing.merge_process import merged
from archive.search.whoosh.indexing.new_files import NewFiles
from archive.search.whoosh.indexing.worker_processes import Builders
from archive.search.whoosh.manifest import Generation, Manifest
from archive.search.whoosh.reader import Part, Snapshot
from archive.search.whoosh.segment.damage import DAMAGE, IndexDamaged
from archive.search.whoosh.segment.directory import (
    checksum,
    locked,
    replace_synced,
    storage_errors,
    sync_file,
)
from archive.search.whoosh.segment.entry import Entry

MANIFEST: Final = "manifest.json"
NEXT: Final = "next.json"  # the manifest of an index that is being built beside it
WRITE_LOCK: Final = "write.lock"
TIDY_LOCK: Final = "tidy.lock"
DAMAGED: Final = "damaged"  # left by whoever comes upon damage, so that the worker learns of it
MERGING: Final = "merging-"

LOADED: Final = 8 << 20  # bytes that may be decoded before the pages of the mapped files are given back
MANY: Final = 2000  # articles that are built by several processes: starting them takes a second
SMALL_MERGE: Final = 1000  # documents that are merged in this process: starting another takes longer
SWAP_PATIENCE: Final = timedelta(minutes=2)  # a batch of a rebuild takes some seconds; what was merged is worth waiting


class WhooshIndex:
    """A SearchIndex in a folder. `clear` makes the folder; nothing else does."""

    def __init__(self, folder: Path, *, recency: float = 0.0, patience: timedelta = timedelta(seconds=2)) -> None:
        """`recency`: by which part of itself the score of the newest article grows; of one a year older, by half of
        that. `patience`: how long to wait for another process that is writing."""
        self._folder = folder
        self._recency = recency
        self._patience = patience
        self._cache = Cache()
        self._writing = threading.Lock()
        self._live = Generation(folder / MANIFEST)
        self._next = Generation(folder / NEXT)
        self._builders = Builders()
        self._searched: Snapshot | None = None  # what the cache belongs to
        self._loaded = 0  # what the cache had loaded when mapped files were given back last

    # Searching -------------------------------------------------------------------------------------------

    def search(self, query: SearchQuery) -> Results:
        from archive.search.whoosh.searching.searcher import answer

        with self._noticing_damage():
            return answer(self._open()[1], self._cache, query, recency=self._recency)

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        from archive.search.whoosh.searching.completions import suggestions

        with self._noticing_damage():
            return suggestions(self._open()[1], self._cache, text, limit)

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        from archive.search.whoosh.searching.more_like_this import similar

        with self._noticing_damage():
            return similar(self._open()[1], self._cache, article, limit)

    def revisions(self) -> Iterator[tuple[str, int]]:
        with self._noticing_damage():
            for part in self._open()[1].parts:
                for document in part.documents():
                    yield part.segment.rows.id_of(document), part.segment.rows.revisions[document]

    def position(self) -> int:
        try:
            with self._noticing_damage():
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
        with self._noticing_damage():
            manifest, snapshot = self._open()
            size = sum(entry.size for entry in manifest.segments)
            return IndexStatus("whoosh", snapshot.living, snapshot.position, len(snapshot.parts), size)

    def close(self) -> None:
        """Lets go of the files. The index opens them again when it is asked again."""
        self._builders.close()
        self._live.close()
        self._next.close()
        self._searched = None
        self._cache, self._loaded = Cache(), 0

    def _open(self) -> tuple[Manifest, Snapshot]:
        """What is searched."""
        manifest, snapshot = self._opened()
        if snapshot is not self._searched:
            self._searched = snapshot
            self._cache.retain({snapshot.key, *(part.segment.name for part in snapshot.parts)})
            self._cache.make_room(snapshot.living)
        if self._cache.loaded - self._loaded > LOADED:
            self._loaded = self._cache.loaded
            for part in snapshot.parts:
                part.segment.give_back()
        return manifest, snapshot

    def _opened(self) -> tuple[Manifest, Snapshot]:
        try:
            return self._live.current()
        except IndexDamaged:
            raise
        except IndexUnavailable as error:
            building = self._next.manifest()
            if building is None:
                return self._live.current()  # it may just have taken its place
            raise IndexUnavailable(
                f"the search index is being built: it holds {building.position:,} of {building.until:,} changes"
            ) from error

    @property
    def _applied_to(self) -> Generation:
        return self._next if self._next.exists() else self._live

    # Applying --------------------------------------------------------------------------------------------

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        with self._noticing_damage(), self._sole_writer():
            generation = self._applied_to
            manifest, snapshot = generation.current()
            newest: dict[str, Article] = {}
            for article in articles:
                held = newest.get(article.id)
                if held is None or held.revision < article.revision:
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
                # What is there cannot be trusted: better no answer than a wrong one.
                if generation is self._next:
                    self._live.path.unlink(missing_ok=True)
                (self._folder / DAMAGED).unlink(missing_ok=True)
            self._sweep()

    def _commit(
        self, generation: Generation, changed: Sequence[Article], replaced: Mapping[str, set[int]], position: int
    ) -> None:
        manifest, snapshot = generation.current()
        with self._new_files() as files, storage_errors("indexing"):
            deleted = {part.segment.name: part.deleted for part in snapshot.parts}
            entries = []
            for entry in manifest.segments:
                if entry.name in replaced:
                    entry = files.deletions(entry, deleted[entry.name] | replaced[entry.name])
                if entry.living:
                    entries.append(entry)
            entries += self._built(changed, files)
            committed = Manifest(position, tuple(entries), manifest.until)
            self._write(generation, committed)
        generation.is_sound(files.segments)
        self._remove(manifest.files() - committed.files())

    def _built(self, articles: Sequence[Article], files: NewFiles) -> list[Entry]:
        if len(articles) >= MANY:
            entries = self._builders.build(articles, self._folder)
            files.add(entries)
            return entries
        if not articles:
            return []
        from archive.search.whoosh.indexing.segment_writer import (
            build,  # with NumPy: a process that applies nothing does without
        )

        return [files.segment(*build(articles))]

    def _write(self, generation: Generation, manifest: Manifest) -> None:
        """The stroke at which a commit is there. An index that was built beside the other takes its place at its end."""
        if generation is self._next and manifest.position >= manifest.until:
            before = self._live.manifest()
            replace_synced(self._live.path, replace(manifest, until=0).to_bytes())
            self._next.path.unlink(missing_ok=True)
            self._live.is_sound(entry.name for entry in manifest.segments)
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
        """Those that no manifest names: whatever failed when, what readers may open stays."""
        if gone := set(names):
            with suppress(OSError):  # what is left is swept later
                for name in gone - self._named():
                    (self._folder / name).unlink(missing_ok=True)

    def _named(self) -> set[str]:
        named: set[str] = set()
        for generation in (self._live, self._next):
            with suppress(FileNotFoundError, IndexUnavailable):
                named |= Manifest.from_bytes(generation.path.read_bytes()).files()
        return named

    @contextmanager
    def _sole_writer(self, patience: timedelta | None = None) -> Iterator[None]:
        """Between threads of this process and between processes. Raises IndexLocked."""
        patience = patience or self._patience
        if not self._writing.acquire(timeout=patience.total_seconds()):
            raise IndexLocked("another thread is writing the search index")
        try:
            if not self._folder.is_dir():
                raise IndexUnavailable(f"there is no search index in {self._folder}")
            with locked(self._folder / WRITE_LOCK, patience=patience):
                yield
        finally:
            self._writing.release()

    @contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        """Tells the worker of damage, by a mark: it has checked each file once, and looks no more.

        What was read may also be readable and wrong. Where that made the work fail, checksums decide
        whether it is damage or a fault of the program."""
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
                    self._applied_to.current()  # nothing is swept from an index that cannot be opened
                    self._sweep()

    def _merge_once(self) -> bool:
        """Whether there was something to merge."""
        generation = self._applied_to
        manifest, snapshot = generation.current()
        chosen = {entry.name for entry in segments_to_merge(manifest.segments, is_built=generation is self._live)}
        parts = [part for part in snapshot.parts if part.segment.name in chosen]
        if not parts:
            return False
        with storage_errors("merging"), tempfile.TemporaryDirectory(prefix=MERGING, dir=self._folder) as scratch:
            sources = [(self._folder / f"{part.segment.name}.seg", sorted(part.deleted)) for part in parts]
            path, documents = merged(sources, Path(scratch), here=live_count(parts) <= SMALL_MERGE)
            sync_file(path)
            entry = Entry(path.stem, documents, path.stat().st_size, checksum(path))
            with self._sole_writer(SWAP_PATIENCE):
                self._swap(parts, path, entry)
        return True

    def _swap(self, merged_parts: Sequence[Part], path: Path, entry: Entry) -> None:
        """Puts a merged segment in the place of its sources, without what was deleted from them meanwhile."""
        generation = self._applied_to
        manifest, snapshot = generation.current()
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
            files.add([entry])
            path.replace(self._folder / entry.file)
            if late:
                entry = files.deletions(entry, late)
            kept = [old for old in manifest.segments if old.name not in replaced]
            committed = replace(manifest, segments=(entry, *kept))
            replace_synced(generation.path, committed.to_bytes())
        generation.is_sound(files.segments)
        self._remove(manifest.files() - committed.files())

    def _sweep(self) -> None:
        """Removes what a process that was killed has left. Under the write lock nobody else makes files."""
        kept = {MANIFEST, NEXT, WRITE_LOCK, TIDY_LOCK, DAMAGED} | self._named()
        for path in self._folder.iterdir():
            if path.name not in kept and path.is_file():
                path.unlink(missing_ok=True)


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
