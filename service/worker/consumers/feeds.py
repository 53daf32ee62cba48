"""Rebuilds the stored feeds that changed articles are in, or have left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from archive.labels import Label
from archive.period import Period
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from archive.store.feed_volumes import Volume
from archive.urls import Scope
from archive.util.chunks import slices
from feeds.archived import page_of
from feeds.builder import FeedBuilder
from feeds.document import Document
from feeds.spec import Format
from feeds.touched import scopes_touched
from service.dateline import Dateline
from service.syndication.documents import store_documents
from service.syndication.site_feeds import Standing, Syndication, standings_of

log = logging.getLogger(__name__)

FEEDS_VERSION = 8  # raise it when the same articles are to give other bytes
BUILT_FOR = "feeds-built-for"

IMPORT_THRESHOLD = 100  # feeds due at once: more are the result of an import or of new settings


Maker = tuple[Scope | Volume, Callable[[], list[Document]]]


class FeedsConsumer:
    """Rebuilds the feeds that changed articles are in or have left, and only those."""

    name = "feeds"
    kind = ChangeKind.ARTICLE
    batch = 5000  # changes; many, so that an import builds each feed once
    feeds_at_once = 25  # stored in one transaction, of up to 1 MB each in three formats
    articles_at_once = 500

    def __init__(self, archive: Archive, syndication: Syndication, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.syndication = syndication
        self.clock = clock
        self._made: dict[Scope | Volume, int] = {}

    def start(self, lease: Lease) -> int:
        """From the beginning if the stored feeds were built for other settings of the site."""
        self._made.clear()
        self.syndication.look()
        self.syndication.note(lease)  # of a site that has no feeds yet, that nothing is bound
        builder = self.syndication.builder
        built_for = f"{FEEDS_VERSION} {builder.identity} {builder.length} {builder.extents} {builder.site!r}"
        if self.archive.facts.get(BUILT_FOR) == built_for:
            return lease.position
        log.info("building every feed: the site's settings are new")
        self._store([(None, partial(self.syndication.feed, None))], lease)
        # The cursor first: after a crash between the two lines the rebuild is repeated rather than skipped.
        self.archive.changes.advance(lease, 0)
        self.archive.facts.set(BUILT_FOR, built_for)
        return 0

    def lost(self, position: int) -> bool:
        del position
        return False  # feeds are stored in the archive itself

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        labels: set[Label] = set()
        days: set[date] = set()
        for change in changes:
            labels |= change.labels
            days |= change.days
        if not days:
            return  # drafts: no reader has seen anything of it
        scopes = sorted(scopes_touched(labels, days), key=_order)
        position = self.archive.changes.head()  # what is made from here on has all changes up to this one
        bound = self.syndication.bind(self._standings(changes))
        last = changes[-1].seq
        # What was made for earlier changes, of the archive as it was then, has later ones already: an import's.
        has_them = {made for made, has in self._made.items() if has >= last}
        touched = [volume for volume in bound.touched if not (volume in bound.edited and volume in has_them)]
        due = [scope for scope in scopes if scope is None or scope not in has_them]
        makers = self._makers(due, touched)
        stored = self._store(makers, lease)
        made = {**self._made, **{what: position for what, _ in makers}}
        self._made = {what: has for what, has in made.items() if has > last}
        if bound.moved:
            # After the documents: after a crash between the two lines the same volumes are divided again.
            self.archive.feed_volumes.put(bound.moved, lease)
        self.syndication.note(lease)
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
            for article in self.archive.articles.get_many(some).values():
                if article.revision == 1:
                    yield from standings_of([article])
                else:
                    yield from standings_of([state.article for state in self.archive.articles.history(article.id)])

    def _makers(self, scopes: Sequence[Scope], volumes: Sequence[Volume]) -> list[Maker]:
        """In an order in which a concurrent reader misses no article.

        First the volumes that have no document yet, then the site's feed, which may lead to them, then
        the volumes that lose what those have taken over, then all the other feeds."""
        paths = {volume: page_of(volume).path(Format.ATOM) for volume in volumes}
        stored = self.archive.renditions.etags(list(paths.values()))
        new = [volume for volume, path in paths.items() if path not in stored]
        changed = [volume for volume, path in paths.items() if path in stored]
        site, *others = scopes
        feed = partial(self.syndication.feed, is_one_of_many=len(others) > IMPORT_THRESHOLD)
        return [
            *((volume, partial(self.syndication.volume, volume)) for volume in new),
            (site, partial(self.syndication.feed, site)),
            *((volume, partial(self.syndication.volume, volume)) for volume in changed),
            *((scope, partial(feed, scope)) for scope in others),
        ]

    def _store(self, makers: Sequence[Maker], lease: Lease) -> int:
        return sum(self._store_some(some, lease) for some in slices(makers, self.feeds_at_once))

    def _store_some(self, makers: Sequence[Maker], lease: Lease) -> int:
        return store_documents(
            self.archive, lambda: [document for _, make in makers for document in make()], lease, clock=self.clock
        )


def _order(scope: Scope) -> tuple[int, str]:
    """The site's feed first: it has the most readers."""
    if scope is None:
        return 0, ""
    return (1, str(scope)) if isinstance(scope, Period) else (2, f"{scope.kind} {scope.key}")


def feeds_consumer(dateline: Dateline) -> FeedsConsumer:
    return FeedsConsumer(dateline.archive, site_syndication(dateline), clock=dateline.clock)


def site_syndication(dateline: Dateline) -> Syndication:
    """The site's feeds as its settings want them."""
    settings = dateline.settings
    builder = FeedBuilder(
        dateline.site, dateline.identity(), length=settings.feed_length, extents=settings.feed_content
    )
    return Syndication(dateline.archive, builder)
