"""What follows a change: the search index and the feeds, each a consumer of the archive's log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from archive.article import Article, Label
from archive.errors import IndexUnavailable
from archive.search.index import SearchIndex
from archive.store.archive import Archive, Change, ChangeKind, Period, Rendition, Turn, Volume
from archive.util.chunks import slices
from feeds.archived import page_of
from feeds.builder import scopes_touched
from feeds.content_codings import codings, etag
from feeds.document import Document
from feeds.spec import Format, Scope
from service.syndication.site_feeds import Standing, Syndication, standings_of

log = logging.getLogger(__name__)

FEEDS_VERSION = 8  # raise it when the same articles are to give other bytes
BUILT_FOR = "feeds-built-for"
INDEXED_AT_ONCE = 1000  # changes; an article that comes behind them waits so long
REBUILT_AT_ONCE = 20_000  # changes of a rebuild, on all processors

READ_AT_ONCE = 500  # articles
MANY = 100  # feeds that are due at once: after an import, or a change of the site's settings
MOST_CHARACTERS = 30_000_000  # of the articles that are indexed together


class IndexConsumer:
    """Makes the search index agree with every article that has changed."""

    name = "index"
    kind = ChangeKind.ARTICLE

    def __init__(self, archive: Archive, index: SearchIndex) -> None:
        self.archive = archive
        self.index = index

    @property
    def batch(self) -> int:
        """Whoosh pays per commit: one article some 15 ms, a thousand together less than a second."""
        return REBUILT_AT_ONCE if self.index.awaited() else INDEXED_AT_ONCE

    def start(self, turn: Turn) -> int:
        """The index knows best what is in it: it may have been lost, torn, or come from a backup.

        A cursor at the beginning asks for a new index; the old one, if it is usable, answers until then."""
        position = self._position()
        if max(position, self.index.awaited()) > self.archive.head():
            log.warning("the search index is ahead of the archive: starting it anew")
            position = 0
        if position == 0 and turn.position:
            log.warning("the search index is missing or unusable: rebuilding it from the archive")
        begin = min(position, turn.position)
        if begin == 0:
            self.index.clear(until=self.archive.last_change(self.kind))
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
        articles: dict[str, Article] = {}
        for some in slices(changes, READ_AT_ONCE):
            articles |= self.archive.get_many(list(dict.fromkeys(change.subject for change in some)))
            is_last = some[-1] is changes[-1]
            if is_last or sum(len(article.content_html) for article in articles.values()) > MOST_CHARACTERS:
                self.index.apply(list(articles.values()), position=some[-1].seq)
                log.info("indexed %d articles, up to change %d", len(articles), some[-1].seq)
                articles = {}


Maker = tuple[Scope | Volume, Callable[[], list[Document]]]


class FeedsConsumer:
    """Rebuilds the feeds that changed articles are in or have left, and only those."""

    name = "feeds"
    kind = ChangeKind.ARTICLE
    batch = 5000  # many, so that a feed is built once for all the changes of an import
    feeds_at_once = 25  # stored in one transaction, of up to 1 MB each in three formats
    articles_at_once = 500

    def __init__(self, archive: Archive, syndication: Syndication, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.syndication = syndication
        self.clock = clock
        self._made: dict[Scope | Volume, int] = {}

    def start(self, turn: Turn) -> int:
        """From the beginning where the site is not what the stored feeds were built for."""
        self._made.clear()
        self.syndication.look()
        self.syndication.note(turn)  # of a site that has no feeds yet, that nothing is bound
        builder = self.syndication.builder
        built_for = f"{FEEDS_VERSION} {builder.identity} {builder.length} {builder.extents} {builder.site!r}"
        if self.archive.fact(BUILT_FOR) == built_for:
            return turn.position
        log.info("building every feed: the site's settings are new")
        self._store([(None, partial(self.syndication.feed, None))], turn)
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
        position = self.archive.head()  # what is made from here on has all changes up to this one
        bound = self.syndication.bind(self._standings(changes))
        last = changes[-1].seq
        # What was made for earlier changes, of the archive as it was then, has later ones already: an import's.
        has_them = {made for made, has in self._made.items() if has >= last}
        touched = [volume for volume in bound.touched if not (volume in bound.edited and volume in has_them)]
        due = [scope for scope in scopes if scope is None or scope not in has_them]
        makers = self._makers(due, touched)
        stored = self._store(makers, turn)
        made = {**self._made, **{what: position for what, _ in makers}}
        self._made = {what: has for what, has in made.items() if has > last}
        if bound.moved:
            # After the documents: whoever dies between the two lines divides the same volumes again.
            self.archive.put_volumes(bound.moved, turn)
        self.syndication.note(turn)
        log.info(
            "%d changes touched %d feeds and %d volumes; %d documents are new",
            len(changes),
            len(due),
            len(touched),
            stored,
        )

    def _standings(self, changes: Sequence[Change]) -> Iterator[Standing]:
        ids = list(dict.fromkeys(change.subject for change in changes if change.days))
        for some in slices(ids, self.articles_at_once):
            for article in self.archive.get_many(some).values():
                if article.revision == 1:
                    yield from standings_of([article])
                else:
                    yield from standings_of([state.article for state in self.archive.history(article.id)])

    def _makers(self, scopes: Sequence[Scope], volumes: Sequence[Volume]) -> list[Maker]:
        """In such an order that whoever reads meanwhile misses nothing.

        First the volumes that have no document yet, then the site's feed, which may lead to them, then
        the volumes that lose what those have taken over, then all the other feeds."""
        paths = {volume: page_of(volume).path(Format.ATOM) for volume in volumes}
        stored = self.archive.rendition_etags(list(paths.values()))
        new = [volume for volume, path in paths.items() if path not in stored]
        changed = [volume for volume, path in paths.items() if path in stored]
        site, *others = scopes
        feed = partial(self.syndication.feed, is_one_of_many=len(others) > MANY)
        return [
            *((volume, partial(self.syndication.volume, volume)) for volume in new),
            (site, partial(self.syndication.feed, site)),
            *((volume, partial(self.syndication.volume, volume)) for volume in changed),
            *((scope, partial(feed, scope)) for scope in others),
        ]

    def _store(self, makers: Sequence[Maker], turn: Turn) -> int:
        return sum(self._store_some(some, turn) for some in slices(makers, self.feeds_at_once))

    def _store_some(self, makers: Sequence[Maker], turn: Turn) -> int:
        return store_documents(
            self.archive, lambda: [document for _, make in makers for document in make()], turn, clock=self.clock
        )


def store_documents(
    archive: Archive, make: Callable[[], Sequence[Document]], turn: Turn, *, clock: Callable[[], datetime]
) -> int:
    """Store, in one transaction, those documents whose bytes are new; how many there were."""
    position = archive.head()  # read before the articles: a document is at least as new as this
    documents = make()
    etags = archive.rendition_etags([document.path for document in documents])
    new = [document for document in documents if etags.get(document.path) != etag(document.body)]
    if not new:
        return 0
    modified = next_second(clock())
    renditions = [_rendition(document, modified=modified, position=position) for document in new]
    return len(archive.put_renditions(renditions, turn))


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
        contents=document.contents,
    )


def _order(scope: Scope) -> tuple[int, str]:
    """The site's feed first: most readers have it."""
    if scope is None:
        return 0, ""
    return (1, str(scope)) if isinstance(scope, Period) else (2, f"{scope.kind} {scope.key}")
