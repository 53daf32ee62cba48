"""Does the archive agree with the index, the feeds and itself? Finds, and changes nothing.

Articles may come and be delivered meanwhile: a finding is what is still so when it is looked at again."""

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
from archive.store.feed_volumes import Volume
from archive.store.listings import ArticleQuery
from archive.urls import Scope
from archive.util.chunks import slices
from feeds.builder import FeedBuilder
from feeds.content_codings import etag
from feeds.document import Document
from feeds.spec import parse
from feeds.touched import scopes_touched
from service.dateline import Dateline
from service.syndication.site_feeds import Syndication, name_of
from service.worker.folder_lock import is_served

POLL = 0.2  # seconds between two looks at how far the worker is
PATIENCE = 60.0  # seconds without a step, after which a worker is taken for one that cannot go on
LOOKS = 5  # at a feed that changes under our eyes
READ_AT_ONCE = 500  # articles or changes

T = TypeVar("T")


class Track(Protocol):
    """Gives the items on, and shows how far it is."""

    def __call__(self, sequence: Iterable[T], total: float | None = None, *, description: str) -> Iterable[T]: ...


def untracked(sequence: Iterable[T], total: float | None = None, *, description: str) -> Iterable[T]:
    del total, description
    return sequence


def check_all(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """One sentence for each finding, with the way out; none where all is well."""
    return [
        *check_archive(dateline, track=track),
        *check_index(dateline, track=track),
        *check_feeds(dateline, track=track),
    ]


# The archive ------------------------------------------------------------------------------------------


def check_archive(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """Every address leads to its article, every article has as many states as revisions, every list its articles.

    Lists whose articles change meanwhile are left for the next time."""
    archive = dateline.archive
    findings = []
    carried: Counter[Label] = Counter()
    began = archive.changes.last()
    for article in track(archive.articles.every(), _number(archive), description="Checking the archive"):
        if article.is_public:
            carried.update(article.labels)
        if article.path is not None:
            located = archive.articles.resolve(article.path)
            if located is None or located.article.id != article.id:
                findings.append(f"archive: {article.path} does not lead to article {article.id}")
        states = archive.articles.history(article.id)
        revision = states[0].article.revision  # as it is now, which may be more than a moment ago
        if len(states) != revision:
            findings.append(f"archive: article {article.id} has {len(states)} states but revision {revision}")
    listed = {named.label: named.count for kind in LabelKind for named in archive.listings.labels(kind)}
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
    """What has happened to articles since then."""
    while changes := archive.changes.after(after, kind=ChangeKind.ARTICLE, limit=READ_AT_ONCE):
        yield from changes
        after = changes[-1].seq


# The index --------------------------------------------------------------------------------------------


class _Suspicion(NamedTuple):
    """What seems to be wrong with an article at this revision; 0 where there is no article."""

    revision: int
    finding: str


def check_index(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """Every published article is found at its revision, and nothing else is."""
    archive, index = dateline.archive, dateline.index
    try:
        articles = track(archive.articles.every(), _number(archive), description="Checking the index")
        suspected = _suspicions(dict(index.revisions()), articles)
        if not suspected:
            return []
        _Deliveries(dateline, "index").catch_up()
        found = {article_id: revision for article_id, revision in index.revisions() if article_id in suspected}
    except DatelineError as error:
        return [f"index: {error}; the worker rebuilds it, or `dateline index rebuild`"]
    again = _suspicions(found, _read(archive, suspected))
    return [suspicion.finding for article_id, suspicion in suspected.items() if again.get(article_id) == suspicion]


def _suspicions(found: dict[str, int], articles: Iterable[Article]) -> dict[str, _Suspicion]:
    """By article, where what is found by its id is not what the archive has."""
    suspicions = {}
    for article in articles:
        revision = found.pop(article.id, None)
        wrong = None
        if article.is_public and revision is None:
            wrong = "is missing"
        elif article.is_public and revision != article.revision:
            wrong = f"is at revision {revision}, not {article.revision}"
        elif not article.is_public and revision is not None:
            wrong = f"is found though it is {article.status}"
        if wrong is not None:
            suspicions[article.id] = _Suspicion(article.revision, f"index: article {article.id} {wrong}")
    return suspicions | {unknown: _Suspicion(0, f"index: {unknown} is no article") for unknown in found}


def _read(archive: Archive, article_ids: Iterable[str]) -> Iterator[Article]:
    for some in slices(list(article_ids), READ_AT_ONCE):
        yield from archive.articles.get_many(some).values()


class _Deliveries:
    """What a worker does for one consumer, waited for as long as there is one that gets on."""

    def __init__(self, dateline: Dateline, consumer: str) -> None:
        self.dateline = dateline
        self.consumer = consumer
        self._stand_still = False

    def catch_up(self) -> int:
        """Wait until all that has changed by now is delivered; the last change of that."""
        target = self.dateline.archive.changes.last()
        last, since = -1, time.monotonic()
        while not self._stand_still:
            cursor = self.dateline.archive.changes.cursor(self.consumer)
            position = cursor.position if cursor is not None else 0
            if position >= target:
                break
            if position != last:
                last, since = position, time.monotonic()
            if not is_served(self.dateline, self.consumer) or time.monotonic() - since > PATIENCE:
                self._stand_still = True
            else:
                time.sleep(POLL)
        return target


# The feeds --------------------------------------------------------------------------------------------


def check_feeds(dateline: Dateline, *, track: Track = untracked) -> list[str]:
    """Every feed that there should be is stored, with the bytes that its articles give."""
    feeds = _Feeds(dateline)
    scopes = feeds.scopes(track)
    feeds.syndication.look()
    volumes = feeds.syndication.bound()
    everything: list[Scope | Volume] = [*scopes, *volumes]
    suspected = [
        one for one in track(everything, len(everything), description="Checking the feeds") if feeds.findings_at(one)
    ]
    return sorted(finding for one in suspected for finding in feeds.looked_at_again(one))


class _Feeds:
    """Feeds as they are stored beside feeds as their articles give them."""

    def __init__(self, dateline: Dateline) -> None:
        settings = dateline.settings
        builder = FeedBuilder(
            dateline.site, dateline.identity(), length=settings.feed_length, extents=settings.feed_content
        )
        self.archive = dateline.archive
        self.syndication = Syndication(dateline.archive, builder)
        self.deliveries = _Deliveries(dateline, "feeds")

    def scopes(self, track: Track) -> set[Scope]:
        """Of all feeds that articles are in, and of all that are stored."""
        scopes: set[Scope] = {None}
        for article in track(self.archive.articles.every(), _number(self.archive), description="Looking for feeds"):
            if article.is_public and article.day is not None:
                scopes |= scopes_touched(article.labels, [article.day])
        stored = (parse(path) for path in self.archive.renditions.paths())
        return scopes | {found[0] for found in stored if found is not None}

    def findings_at(self, one: Scope | Volume) -> list[str]:
        documents = self._make(one)
        stored = self.archive.renditions.etags([document.path for document in documents])
        return list(_differences(documents, stored))

    def looked_at_again(self, one: Scope | Volume) -> list[str]:
        """What is wrong when all changes are delivered; nothing where new ones come at every look."""
        for _ in range(LOOKS):
            position = self.deliveries.catch_up()
            self.syndication.look()
            findings = self.findings_at(one)
            if not findings or not self._is_touched_after(position, one):
                return findings
        return []

    def _make(self, one: Scope | Volume) -> list[Document]:
        if not isinstance(one, Volume):
            return self.syndication.feed(one, is_one_of_many=True)
        # By its name: its bounds may be others than they were.
        bound = (volume for volume in self.syndication.bound() if name_of(volume) == name_of(one))
        return [document for volume in bound for document in self.syndication.volume(volume)]

    def _is_touched_after(self, position: int, one: Scope | Volume) -> bool:
        changes = (change for change in _changes(self.archive, position) if change.days)
        return any(isinstance(one, Volume) or one in scopes_touched(change.labels, change.days) for change in changes)


def _differences(documents: Iterable[Document], stored: Mapping[str, str]) -> Iterator[str]:
    for document in documents:
        if document.path not in stored:
            yield f"feeds: {document.path} is missing; `dateline feeds rebuild` makes it"
        elif stored[document.path] != etag(document.body):
            yield f"feeds: {document.path} is not what its articles give; `dateline feeds rebuild`"
