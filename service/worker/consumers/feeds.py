"""Rebuilds the stored feeds of changed articles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from archive.labels import Label
from archive.period import Period
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from archive.store.feed_volumes import ArchiveDocument
from archive.urls import Scope
from archive.util.chunks import chunked
from feeds.archived import page_of
from feeds.channel import Page
from feeds.document import Document
from feeds.format import FORMATS
from feeds.touched import scopes_touched
from service.dateline import Dateline
from service.syndication.documents import store_documents
from service.syndication.site_feeds import SITE_FEED, Placement, SiteFeeds, placements_of, site_feeds

log = logging.getLogger(__name__)

FEEDS_VERSION = 8  # increase it when the same articles give other bytes
BUILT_FOR = "feeds-built-for"

IMPORT_THRESHOLD = 100  # feeds due at the same time: more are caused by an import or new settings

# A live feed or archive document, and the function that builds it in every format.
Build = tuple[Scope | ArchiveDocument, Callable[[], list[Document]]]


class FeedsConsumer:
    """Rebuilds the feeds that changed articles are in or have left, and no others."""

    name = "feeds"
    kind = ChangeKind.ARTICLE
    batch = 5000  # changes; many, so that an import builds each feed once
    feeds_at_once = 25  # stored in one transaction, of up to 1 MB each in all formats together
    articles_at_once = 500

    def __init__(self, archive: Archive, site_feeds: SiteFeeds, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.site_feeds = site_feeds
        self.clock = clock
        self._built_at: dict[Scope | ArchiveDocument, int] = {}  # log position at which each was built

    def start(self, lease: Lease) -> int:
        """The position to continue from: 0 if the stored feeds were built with other settings, or lack a format."""
        self._built_at.clear()
        self.site_feeds.load()
        self.site_feeds.save_sealed(lease)  # on a new site: stores that nothing is sealed
        builder = self.site_feeds.builder
        built_for = f"{FEEDS_VERSION} {builder.identity} {builder.length} {builder.content_levels} {builder.site!r}"
        if self.archive.facts.get(BUILT_FOR) == built_for:
            if self._has_every_format(SITE_FEED):
                return lease.position
            # Force a rebuild of all feeds, also after a crash: the site's own feed, built first, must not hide that others
            # lack a format.
            self.archive.facts.set(BUILT_FOR, "")
        log.info("building every feed: the site's settings or the formats are new")
        self._store([(None, partial(self.site_feeds.feed, None))], lease)
        # The cursor first: a crash between the two lines repeats the rebuild rather than skipping it.
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
            return  # drafts: nothing public changed
        scopes = sorted(scopes_touched(labels, days), key=_order)
        position = self.archive.changes.head()  # documents built from here on include all changes up to this one
        sealed = self.site_feeds.seal(self._placements(changes))
        last = changes[-1].seq
        # During an import, feeds built for earlier changes include these changes already: they read the archive's state.
        current = {subject for subject, built_at in self._built_at.items() if built_at >= last}
        touched = [document for document in sealed.touched if not (document in sealed.edited and document in current)]
        due = [scope for scope in scopes if scope is None or scope not in current]
        builds = self._builds(due, touched)
        stored = self._store(builds, lease)
        built_at = {**self._built_at, **{subject: position for subject, _ in builds}}
        self._built_at = {subject: built for subject, built in built_at.items() if built > last}
        if sealed.moved:
            # After the documents: after a crash in between, the next worker splits the same documents again.
            self.archive.feed_volumes.put(sealed.moved, lease)
        self.site_feeds.save_sealed(lease)
        log.info(
            "%d changes touched %d feeds and %d archive documents; %d documents are new",
            len(changes),
            len(due),
            len(touched),
            stored,
        )

    def _placements(self, changes: Sequence[Change]) -> Iterator[Placement]:
        ids = list(dict.fromkeys(change.subject for change in changes if change.days))
        for some in chunked(ids, self.articles_at_once):
            for article in self.archive.articles.get_many(some).values():
                if article.revision == 1:
                    yield from placements_of([article])
                else:
                    yield from placements_of([state.article for state in self.archive.articles.history(article.id)])

    def _builds(self, scopes: Sequence[Scope], documents: Sequence[ArchiveDocument]) -> list[Build]:
        """The builds, in an order in which a reader that polls meanwhile misses no article.

        New archive documents first; then the site's feed, which may link to them; then the archive documents whose
        articles moved to the new ones; then all other feeds."""
        paths = {document: _paths(page_of(document)) for document in documents}
        stored = self.archive.renditions.etags([path for some in paths.values() for path in some]).keys()
        new = [document for document, own in paths.items() if not own <= stored]
        changed = [document for document, own in paths.items() if own <= stored]
        site, *others = scopes
        feed = partial(self.site_feeds.feed, is_one_of_many=len(others) > IMPORT_THRESHOLD)
        return [
            *((document, partial(self.site_feeds.archive_document, document)) for document in new),
            (site, partial(self.site_feeds.feed, site)),
            *((document, partial(self.site_feeds.archive_document, document)) for document in changed),
            *((scope, partial(feed, scope)) for scope in others),
        ]

    def _has_every_format(self, page: Page) -> bool:
        paths = _paths(page)
        return paths == self.archive.renditions.etags(list(paths)).keys()

    def _store(self, builds: Sequence[Build], lease: Lease) -> int:
        return sum(self._store_some(some, lease) for some in chunked(builds, self.feeds_at_once))

    def _store_some(self, builds: Sequence[Build], lease: Lease) -> int:
        return store_documents(
            self.archive, lambda: [document for _, build in builds for document in build()], lease, clock=self.clock
        )


def _paths(page: Page) -> set[str]:
    return {page.path(feed_format) for feed_format in FORMATS.values()}


def _order(scope: Scope) -> tuple[int, str]:
    """The site's feed first: it has the most subscribers."""
    if scope is None:
        return 0, ""
    return (1, str(scope)) if isinstance(scope, Period) else (2, f"{scope.kind} {scope.key}")


def feeds_consumer(dateline: Dateline) -> FeedsConsumer:
    """The consumer for this site."""
    return FeedsConsumer(dateline.archive, site_feeds(dateline), clock=dateline.clock)
