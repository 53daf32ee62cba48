"""Compares the archive with the index, the feeds and itself. Changes nothing.

Articles may be published meanwhile, so a difference is a finding only if a second comparison confirms it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol, TypeVar

from archive.article import Article, Status
from archive.errors import DatelineError
from archive.labels import Label, LabelKind
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import ArticleQuery
from archive.urls import Scope
from archive.util.chunks import chunked
from feeds.content_codings import etag
from feeds.document import Document
from feeds.spec import parse_feed_path
from feeds.touched import scopes_touched
from service.dateline import Dateline
from service.syndication.site_feeds import name_of, site_feeds
from service.worker.folder_lock import is_served

POLL_INTERVAL = 0.2  # seconds
PROGRESS_TIMEOUT = 60.0  # seconds without progress, after which a worker counts as stuck
MAX_ATTEMPTS = 5  # to compare a feed that changes during the comparison
READ_BATCH = 500  # articles or changes

T = TypeVar("T")


class Track(Protocol):
    """Yields the items and shows the progress."""

    def __call__(self, sequence: Iterable[T], total: float | None = None, *, description: str) -> Iterable[T]: ...


def untracked(sequence: Iterable[T], total: float | None = None, *, description: str) -> Iterable[T]:
    """A Track that shows nothing."""
    del total, description
    return sequence


def check_all(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """One sentence for each finding, with its remedy. Empty if everything agrees."""
    return [
        *check_archive(dateline, track=track),
        *check_index(dateline, track=track),
        *check_feeds(dateline, track=track),
    ]


# The archive ------------------------------------------------------------------------------------------


def check_archive(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """Check that every path resolves to its article, every article has one state per revision, every label the right count.

    Labels whose articles change meanwhile are skipped."""
    archive = dateline.archive
    findings = []
    carried: Counter[Label] = Counter()
    began = archive.changes.last()
    for article in track(archive.articles.every(), _number(archive), description="Checking the archive"):
        if article.is_public:
            carried.update(article.labels)
        if article.path is not None:
            resolved = archive.articles.resolve(article.path)
            if resolved is None or resolved.article.id != article.id:
                findings.append(f"archive: {article.path} does not resolve to article {article.id}")
        states = archive.articles.history(article.id)
        revision = states[0].article.revision  # the current one, which may be newer than the article above
        if len(states) != revision:
            findings.append(f"archive: article {article.id} has {len(states)} states but revision {revision}")
    listed = {
        label_count.label: label_count.count for kind in LabelKind for label_count in archive.listings.labels(kind)
    }
    changed = {label for change in _changes(archive, began) for label in change.labels}
    findings += [
        f"archive: {label.kind} {label.key} lists {listed.get(label, 0):,} articles; {carried[label]:,} carry it"
        for label in sorted((carried.keys() | listed.keys()) - changed)
        if carried[label] != listed.get(label, 0)
    ]
    return findings


def _number(archive: Archive) -> int:
    return archive.listings.count(ArticleQuery(statuses=frozenset(Status)))


def _changes(archive: Archive, after: int) -> Iterator[Change]:
    """Changes of articles after a position of the log."""
    while changes := archive.changes.after(after, kind=ChangeKind.ARTICLE, limit=READ_BATCH):
        yield from changes
        after = changes[-1].seq


# The index --------------------------------------------------------------------------------------------


class _Suspicion(NamedTuple):
    """A possible finding about an article at this revision; 0 if there is no such article."""

    revision: int
    finding: str


def check_index(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """Check that exactly the published articles are indexed, at their current revisions."""
    archive, index = dateline.archive, dateline.index
    try:
        articles = track(archive.articles.every(), _number(archive), description="Checking the index")
        suspected = _suspicions(dict(index.revisions()), articles)
        if not suspected:
            return []
        _CatchUp(dateline, "index").wait()
        found = {article_id: revision for article_id, revision in index.revisions() if article_id in suspected}
    except DatelineError as error:
        return [f"index: {error}; the worker rebuilds it, or run `dateline index rebuild`"]
    confirmed = _suspicions(found, _read(archive, suspected))
    return [suspicion.finding for article_id, suspicion in suspected.items() if confirmed.get(article_id) == suspicion]


def _suspicions(found: dict[str, int], articles: Iterable[Article]) -> dict[str, _Suspicion]:
    """By article id: articles whose indexed revision differs from the archive's."""
    suspicions = {}
    for article in articles:
        revision = found.pop(article.id, None)
        wrong = None
        if article.is_public and revision is None:
            wrong = "is missing"
        elif article.is_public and revision != article.revision:
            wrong = f"is at revision {revision}, not {article.revision}"
        elif not article.is_public and revision is not None:
            wrong = f"is indexed although it is {article.status}"
        if wrong is not None:
            suspicions[article.id] = _Suspicion(article.revision, f"index: article {article.id} {wrong}")
    return suspicions | {
        unknown: _Suspicion(0, f"index: {unknown} is not an article of the archive") for unknown in found
    }


def _read(archive: Archive, article_ids: Iterable[str]) -> Iterator[Article]:
    for some in chunked(list(article_ids), READ_BATCH):
        yield from archive.articles.get_many(some).values()


class _CatchUp:
    """Waits for a consumer while a worker is alive and makes progress."""

    def __init__(self, dateline: Dateline, consumer: str) -> None:
        self.dateline = dateline
        self.consumer = consumer
        self._stopped = False

    def wait(self) -> int:
        """Wait until the consumer has handled every change up to now. Returns the position of the last one."""
        target = self.dateline.archive.changes.last()
        last, since = -1, time.monotonic()
        while not self._stopped:
            cursor = self.dateline.archive.changes.cursor(self.consumer)
            position = cursor.position if cursor is not None else 0
            if position >= target:
                break
            if position != last:
                last, since = position, time.monotonic()
            if not is_served(self.dateline, self.consumer) or time.monotonic() - since > PROGRESS_TIMEOUT:
                self._stopped = True
            else:
                time.sleep(POLL_INTERVAL)
        return target


# The feeds --------------------------------------------------------------------------------------------


def check_feeds(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """Check that every feed of an article is stored, with the bytes that its articles give now."""
    feeds = _Feeds(dateline)
    scopes = feeds.scopes(track)
    feeds.site_feeds.load()
    documents = feeds.site_feeds.sealed()
    everything: list[Scope | ArchiveDocument] = [*scopes, *documents]
    suspected = [
        one for one in track(everything, len(everything), description="Checking the feeds") if feeds.findings_at(one)
    ]
    return sorted(finding for one in suspected for finding in feeds.confirmed_findings(one))


class _Feeds:
    """Compares stored feeds with feeds built from the articles now."""

    def __init__(self, dateline: Dateline) -> None:
        self.archive = dateline.archive
        self.site_feeds = site_feeds(dateline)
        self.feeds_drain = _CatchUp(dateline, "feeds")

    def scopes(self, track: Track) -> set[Scope]:
        """The scopes of all feeds that articles are in, and of all stored feeds."""
        scopes: set[Scope] = {None}
        for article in track(self.archive.articles.every(), _number(self.archive), description="Looking for feeds"):
            if article.is_public and article.day is not None:
                scopes |= scopes_touched(article.labels, [article.day])
        stored = (parse_feed_path(path) for path in self.archive.renditions.paths())
        return scopes | {found[0] for found in stored if found is not None}

    def findings_at(self, one: Scope | ArchiveDocument) -> list[str]:
        documents = self._make(one)
        stored = self.archive.renditions.etags([document.path for document in documents])
        return list(_differences(documents, stored))

    def confirmed_findings(self, one: Scope | ArchiveDocument) -> list[str]:
        """The findings once the worker has caught up. Empty if the feed changes during every attempt."""
        for _ in range(MAX_ATTEMPTS):
            position = self.feeds_drain.wait()
            self.site_feeds.load()
            findings = self.findings_at(one)
            if not findings or not self._is_touched_after(position, one):
                return findings
        return []

    def _make(self, one: Scope | ArchiveDocument) -> list[Document]:
        if not isinstance(one, ArchiveDocument):
            return self.site_feeds.feed(one, is_one_of_many=True)
        # Looked up by name, because its bounds may have changed.
        documents = (each for each in self.site_feeds.sealed() if name_of(each) == name_of(one))
        return [document for each in documents for document in self.site_feeds.archive_document(each)]

    def _is_touched_after(self, position: int, one: Scope | ArchiveDocument) -> bool:
        changes = (change for change in _changes(self.archive, position) if change.days)
        return any(
            isinstance(one, ArchiveDocument) or one in scopes_touched(change.labels, change.days) for change in changes
        )


def _differences(documents: Iterable[Document], stored: Mapping[str, str]) -> Iterator[str]:
    for document in documents:
        if document.path not in stored:
            yield f"feeds: {document.path} is missing; run `dateline feeds rebuild`"
        elif stored[document.path] != etag(document.body):
            yield f"feeds: {document.path} differs from its articles; run `dateline feeds rebuild`"
