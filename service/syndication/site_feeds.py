"""The live feed of every list, and the archive of the site's own feed (RFC 5005 §4)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence, Set
from dataclasses import dataclass

from archive.article import Article
from archive.labels import Label
from archive.period import Period
from archive.store.archive import Archive
from archive.store.article_cache import ArticleCache
from archive.store.changes import Lease
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import ArticleQuery, SortKey, Tombstone
from archive.urls import Scope
from feeds.archived import MAX_ARTICLES, ArchiveMap, month_of, newest_first, page_of, split
from feeds.builder import CACHE_BYTES, FeedBuilder
from feeds.channel import Page
from feeds.document import Document
from feeds.spec import spec_for
from service.dateline import Dateline

MAX_TOMBSTONES = 200  # of the whole site, from which each feed takes its own
NO_LIMIT = 100_000  # articles of an archive document: until it is split, it may have many more than MAX_ARTICLES
SITE_FEED = Page("/")
SEALED_UP_TO = "feeds-bound-to"  # name of the fact: the folder of the newest sealed document, or NOTHING
NOTHING = "nothing"

_Name = tuple[Period, int]


@dataclass(frozen=True, slots=True)
class Placement:
    """The month and sort key of an article: current ones, or former ones if its date changed."""

    month: Period
    sort_key: SortKey
    is_current: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """The result of `SiteFeeds.seal`.

    `touched` are the sealed documents that have to be built again, newest first. `edited` are those of them that only
    their own articles have changed. `moved` are the documents with new bounds, which have to be stored."""

    touched: Sequence[ArchiveDocument]
    edited: Set[ArchiveDocument]
    moved: Sequence[ArchiveDocument]


class SiteFeeds:
    """Builds documents. Every published article is in the site's live feed or in exactly one archive document.

    An archive document is sealed, and gets a URL, as soon as the articles newer than all of its own fill a live feed.
    The live feed has the articles of all unsealed documents. So a new article changes only the live feed, every 25th
    one seals a document, and sealed documents stay sealed.

    Call `load()` first, and `save_sealed()` after the documents that `seal()` returned are stored: until then, a new
    worker repeats the sealing."""

    def __init__(self, archive: Archive, builder: FeedBuilder, *, max_articles: int = MAX_ARTICLES) -> None:
        self.archive = archive
        self.builder = builder
        self.max_articles = max_articles
        self.archive_map = ArchiveMap()
        self._articles = ArticleCache(archive)
        self._tombstones: Sequence[Tombstone] = ()
        self._newest_sealed: _Name | None = None
        self._saved: str | None = None

    def load(self) -> None:
        """Read the documents of the archive. Needed again only if another process has changed them."""
        self.archive_map = ArchiveMap(self.archive.feed_volumes.all())
        self._saved = self.archive.facts.get(SEALED_UP_TO)
        newest = next((document for document in self.archive_map if page_of(document).folder == self._saved), None)
        if newest is None and self._saved != NOTHING:
            newest = self._due()
        self._newest_sealed = name_of(newest) if newest is not None else None
        self._tombstones = self.archive.listings.tombstones(limit=MAX_TOMBSTONES)

    def save_sealed(self, lease: Lease) -> None:
        """Store which documents are sealed. Raises LeaseLost if another worker has taken over."""
        newest = self._newest()
        sealed_up_to = page_of(newest).folder if newest is not None else NOTHING
        if sealed_up_to != self._saved:
            self.archive.facts.set(SEALED_UP_TO, sealed_up_to, lease)
            self._saved = sealed_up_to

    def feed(self, scope: Scope, *, is_one_of_many: bool = False) -> list[Document]:
        """The live feed of a scope in every format.

        `is_one_of_many`: many feeds that share few articles are built in a row, so that the article cache costs more
        than it saves."""
        builder = self.builder
        find = self.archive.listings.find if is_one_of_many else self._articles.find
        articles = self._live() if scope is None else find(_query(scope, limit=builder.length))
        name = _name(scope, articles) if isinstance(scope, Label) else None
        spec = spec_for(scope, builder.site, builder.identity, name)
        newest = self._newest() if scope is None else None
        links = {} if newest is None else {"prev-archive": page_of(newest)}
        return builder.build(spec, articles, self._tombstones, links=links)

    def _live(self) -> Sequence[Article]:
        """All articles that are in no sealed document, newest first."""
        limit = self.builder.length + 2 * self.max_articles
        newest = self._articles.find(ArticleQuery(limit=limit))
        unsealed = self.archive_map.newer_than(self._newest())
        names = set(map(name_of, unsealed))
        contained = ((one, self.archive_map.containing(month_of(one), SortKey.of(one))) for one in newest)
        live = {one.id: one for one, document in contained if document is None or name_of(document) in names}
        if len(live) == limit:
            # Many articles were just added. All articles of unsealed documents are needed; of those without a document
            # yet, the newest are enough until the next changes are applied.
            live = {article.id: article for article in newest[: self.builder.length]}
            for document in unsealed:
                live |= {article.id: article for article in self.archive.listings.find(self._query_of(document))}
        return sorted(live.values(), key=lambda article: (SortKey.of(article).sort_date, article.id), reverse=True)

    def archive_document(self, document: ArchiveDocument) -> list[Document]:
        """An archive document in every format."""
        query = self._query_of(document)
        articles = self.archive.listings.find(query)
        links = {"current": SITE_FEED}
        older, newer = self.archive_map.older(document), self.archive_map.newer(document)
        if older is not None:
            links["prev-archive"] = page_of(older)
        if newer is not None and self.is_sealed(newer):
            links["next-archive"] = page_of(newer)
        spec = spec_for(None, self.builder.site, self.builder.identity)
        return self.builder.build(spec, articles, page=page_of(document), links=links, is_archive=True)

    def is_sealed(self, document: ArchiveDocument) -> bool:
        newest = self._newest()
        return newest is not None and not self.archive_map.is_newer(document, newest)

    def sealed(self) -> list[ArchiveDocument]:
        """Every sealed document, oldest first."""
        return self.archive_map.up_to(self._newest())

    def seal(self, placements: Iterable[Placement]) -> Sealed:
        """Assign changed articles to archive documents, split documents that are too large, and seal those that are due."""
        unsealed = dict.fromkeys(map(name_of, self.archive_map.newer_than(self._newest())))
        touched, opened = self._touch(placements)
        parts_of = self._split({**touched, **unsealed}, opened)
        parts = {name for names in parts_of.values() for name in names}
        moved = parts.union(opened, parts_of)
        self._tombstones = self.archive.listings.tombstones(limit=MAX_TOMBSTONES)
        self._seal_due()
        edited = set(map(self._named, parts.union(touched)))
        others = self._with_new_links(moved.union(unsealed))
        rebuilt = newest_first(document for document in edited | others if self.is_sealed(document))
        return Sealed(rebuilt, edited - others, list(map(self._named, moved)))

    def _touch(self, placements: Iterable[Placement]) -> tuple[dict[_Name, None], dict[_Name, None]]:
        """The documents that articles are or were in, and those among them that were created for them."""
        touched: dict[_Name, None] = {}
        opened: dict[_Name, None] = {}
        for placement in placements:
            document = self.archive_map.containing(placement.month, placement.sort_key)
            if document is None and placement.is_current:
                document = ArchiveDocument(placement.month, 1)
                self.archive_map.put([document])
                opened[name_of(document)] = None
            if document is not None:
                touched[name_of(document)] = None
        return touched, opened

    def _split(self, names: Iterable[_Name], opened: Container[_Name]) -> dict[_Name, list[_Name]]:
        """Split the documents that are too large. Returns the parts of each by its name, including itself."""
        parts_of = {}
        for name in names:
            parts = self._parts(self._named(name), is_new=name in opened)
            if len(parts) > 1:
                self.archive_map.put(parts)
                parts_of[name] = list(map(name_of, parts))
        return parts_of

    def _seal_due(self) -> None:
        due = self._due()
        if due is not None and not self.is_sealed(due):
            self._newest_sealed = name_of(due)

    def _with_new_links(self, names: Iterable[_Name]) -> set[ArchiveDocument]:
        """The sealed ones among the documents, and all documents that link to them."""
        sealed = [document for document in map(self._named, names) if self.is_sealed(document)]
        return {*sealed, *(one for document in sealed for one in self._neighbours(document))}

    def _parts(self, document: ArchiveDocument, *, is_new: bool) -> list[ArchiveDocument]:
        return split(
            document,
            self.archive.listings.sort_keys(self._query_of(document))[::-1],
            next_number=self.archive_map.next_number(document.month),
            grows=is_new or document == self.archive_map.last,
            size=self.max_articles,
        )

    def _neighbours(self, document: ArchiveDocument) -> set[ArchiveDocument]:
        """The documents that link to this one, or to the next older one, which may be sealed together with it."""
        older = self.archive_map.older(document)
        found = {older, self.archive_map.newer(document), self.archive_map.older(older) if older else None}
        return {one for one in found if one is not None}

    def _newest(self) -> ArchiveDocument | None:
        """The newest sealed document, with its current bounds."""
        return self._named(self._newest_sealed) if self._newest_sealed is not None else None

    def _due(self) -> ArchiveDocument | None:
        """The newest document to be sealed: those whose newer articles fill a live feed. None if there is none."""
        newest = self.archive.listings.sort_keys(ArticleQuery(), max_keys=self.builder.length)
        if len(newest) < self.builder.length:
            return None
        last = self.archive.articles.get_many([newest[-1].id]).get(newest[-1].id)
        return None if last is None else self.archive_map.below(month_of(last), newest[-1])

    def _query_of(self, document: ArchiveDocument) -> ArticleQuery:
        end = self.archive_map.end(document)
        return ArticleQuery(period=document.month, after=end, down_to=document.first, limit=NO_LIMIT)

    def _named(self, name: _Name) -> ArchiveDocument:
        month, number = name
        return next(document for document in self.archive_map.of_month(month) if document.number == number)


def placements_of(states: Sequence[Article]) -> list[Placement]:
    """The placements of an article by its states, newest first."""
    return [
        Placement(month_of(state), SortKey.of(state), is_current=number == 0)
        for number, state in enumerate(states)
        if state.is_public
    ]


def name_of(document: ArchiveDocument) -> _Name:
    """The identity of a document, which stays when its bounds change."""
    return document.month, document.number


def _query(scope: Label | Period, *, limit: int) -> ArticleQuery:
    return (
        ArticleQuery(label=scope, limit=limit) if isinstance(scope, Label) else ArticleQuery(period=scope, limit=limit)
    )


def _name(label: Label, articles: Iterable[Article]) -> str | None:
    """The label as its newest article spells it."""
    for article in articles:
        for own, name in article.label_names():
            if own == label:
                return name
    return None


def site_feeds(dateline: Dateline) -> SiteFeeds:
    """The site's feeds as its settings describe them."""
    return SiteFeeds(dateline.archive, feed_builder(dateline))


def feed_builder(dateline: Dateline, *, cache_bytes: int = CACHE_BYTES) -> FeedBuilder:
    """A builder of this site's feeds, with the length and content that its settings name."""
    settings = dateline.settings
    return FeedBuilder(
        dateline.site,
        dateline.identity(),
        length=settings.feed_length,
        content_levels=settings.feed_content,
        cache_bytes=cache_bytes,
    )
