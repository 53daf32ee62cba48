"""What follows a change: the search index and the feeds, each a consumer of the archive's log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from archive.article import Article, Label
from archive.errors import IndexUnavailable
from archive.search import SearchIndex
from archive.store import Archive, ArticleQuery, Change, ChangeKind, Period, Rendition, Turn
from feeds.build import Document, FeedBuilder, codings, etag, scopes_touched
from feeds.spec import Scope, spec_for

log = logging.getLogger(__name__)

FEEDS_VERSION = 2  # raise it when the same articles are to give other bytes
BUILT_FOR = "feeds-built-for"


class IndexConsumer:
    """Makes the search index agree with every article that has changed."""

    name = "index"
    kind = ChangeKind.ARTICLE
    batch = 1000  # Whoosh pays per commit: one article some 15 ms, a thousand together some 2 s

    def __init__(self, archive: Archive, index: SearchIndex) -> None:
        self.archive = archive
        self.index = index

    def start(self, turn: Turn) -> int:
        """The index knows best what is in it: it may have been lost, torn, or come from a backup.

        A cursor at the beginning asks for a new index."""
        position = self._position()
        if position > self.archive.head():
            log.warning("the search index is ahead of the archive: starting it anew")
            position = 0
        if position == 0 and turn.position:
            log.warning("the search index is missing or unusable: rebuilding it from the archive")
        begin = min(position, turn.position)
        if begin == 0:
            self.index.clear()
        return begin

    def lost(self, position: int) -> bool:
        return self._position() < position

    def _position(self) -> int:
        try:
            return self.index.position()
        except IndexUnavailable as error:
            log.warning("%s", error)
            return 0

    def apply(self, changes: Sequence[Change], turn: Turn) -> None:
        del turn  # the index has a lock of its own, and revisions keep a late writer from harm
        articles = self.archive.get_many(list(dict.fromkeys(change.subject for change in changes)))
        self.index.apply(list(articles.values()), position=changes[-1].seq)
        log.info("indexed %d articles, up to change %d", len(articles), changes[-1].seq)


class FeedsConsumer:
    """Rebuilds the feeds that changed articles are in or have left, and only those."""

    name = "feeds"
    kind = ChangeKind.ARTICLE
    batch = 5000  # many, so that a feed is built once for all the changes of an import
    scopes_at_once = 25  # feeds stored in one transaction, of up to 1 MB each in three formats

    def __init__(self, archive: Archive, builder: FeedBuilder, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.builder = builder
        self.clock = clock

    def start(self, turn: Turn) -> int:
        """From the beginning where the site is not what the stored feeds were built for."""
        built_for = f"{FEEDS_VERSION} {self.builder.identity} {self.builder.length} {self.builder.site!r}"
        if self.archive.fact(BUILT_FOR) == built_for:
            return turn.position
        log.info("building every feed: the site's settings are new")
        self._build([None], turn)
        # The cursor first: whoever dies between the two lines does it again, and not never.
        self.archive.advance(turn, 0)
        self.archive.state(BUILT_FOR, built_for)
        return 0

    def lost(self, position: int) -> bool:
        del position
        return False  # feeds stand in the archive itself

    def apply(self, changes: Sequence[Change], turn: Turn) -> None:
        labels: set[Label] = set()
        days: set[date] = set()
        for change in changes:
            labels |= change.labels
            days |= change.days
        if not days:
            return  # drafts: no reader has seen anything of it
        scopes = sorted(scopes_touched(labels, days), key=_order)
        stored = sum(self._build(some, turn) for some in _slices(scopes, self.scopes_at_once))
        log.info("%d changes touched %d feeds; %d documents are new", len(changes), len(scopes), stored)

    def _build(self, scopes: Sequence[Scope], turn: Turn) -> int:
        position = self.archive.head()  # read before the articles: the feed is at least as new as this
        documents = [document for scope in scopes for document in feed_documents(self.archive, self.builder, scope)]
        etags = self.archive.rendition_etags([document.path for document in documents])
        new = [document for document in documents if etags.get(document.path) != etag(document.body)]
        if not new:
            return 0
        modified = next_second(self.clock())
        renditions = [_rendition(document, modified=modified, position=position) for document in new]
        return len(self.archive.put_renditions(renditions, turn))


def feed_documents(archive: Archive, builder: FeedBuilder, scope: Scope) -> list[Document]:
    """The feed of a scope in every format, as the archive gives it now."""
    articles = archive.find(_query(scope, limit=builder.length))
    name = _name(scope, articles) if isinstance(scope, Label) else None
    return builder.build(spec_for(scope, builder.site, builder.identity, name), articles)


def next_second(instant: datetime) -> datetime:
    """The first whole second that is not before this instant.

    Bytes that change twice in a second thus never share a Last-Modified that a client has seen."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)


def _rendition(document: Document, *, modified: datetime, position: int) -> Rendition:
    return Rendition(
        path=document.path,
        media_type=document.media_type,
        modified=modified,
        position=position,
        codings=codings(document.body),
    )


def _query(scope: Scope, *, limit: int) -> ArticleQuery:
    if isinstance(scope, Label):
        return ArticleQuery(label=scope, limit=limit)
    if isinstance(scope, Period):
        return ArticleQuery(period=scope, limit=limit)
    return ArticleQuery(limit=limit)


def _name(label: Label, articles: Iterable[Article]) -> str | None:
    """The label as its newest article spells it."""
    for article in articles:
        for own, name in article.label_names():
            if own == label:
                return name
    return None


def _order(scope: Scope) -> tuple[int, str]:
    """The site's feed first: most readers have it."""
    if scope is None:
        return 0, ""
    return (1, str(scope)) if isinstance(scope, Period) else (2, f"{scope.kind} {scope.key}")


def _slices(scopes: Sequence[Scope], length: int) -> Iterator[Sequence[Scope]]:
    for start in range(0, len(scopes), length):
        yield scopes[start : start + length]
