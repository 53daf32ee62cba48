"""Keeps the search index as the archive is."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from archive.article import Article
from archive.errors import IndexUnavailable
from archive.search.index import SearchIndex
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from archive.util.chunks import slices
from service.worker.consumers.feeds import READ_AT_ONCE

log = logging.getLogger(__name__)

INDEXED_AT_ONCE = 1000  # changes; an article that comes behind them waits so long
REBUILT_AT_ONCE = 20_000  # changes of a rebuild, on all processors
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

    def start(self, lease: Lease) -> int:
        """The index knows best what is in it: it may have been lost, torn, or come from a backup.

        A cursor at the beginning asks for a new index; the old one, if it is usable, answers until then."""
        position = self._position()
        if max(position, self.index.awaited()) > self.archive.changes.head():
            log.warning("the search index is ahead of the archive: starting it anew")
            position = 0
        if position == 0 and lease.position:
            log.warning("the search index is missing or unusable: rebuilding it from the archive")
        begin = min(position, lease.position)
        if begin == 0:
            self.index.clear(until=self.archive.changes.last(self.kind))
        return begin

    def lost(self, position: int) -> bool:
        return self._position() < position

    def _position(self) -> int:
        try:
            return self.index.position()
        except IndexUnavailable as error:
            log.warning("%s", error)
            return 0

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        del lease  # the index has a lock of its own, and revisions keep a late writer from harm
        articles: dict[str, Article] = {}
        for some in slices(changes, READ_AT_ONCE):
            articles |= self.archive.articles.get_many(list(dict.fromkeys(change.subject for change in some)))
            is_last = some[-1] is changes[-1]
            if is_last or sum(len(article.content_html) for article in articles.values()) > MOST_CHARACTERS:
                self.index.apply(list(articles.values()), position=some[-1].seq)
                log.info("indexed %d articles, up to change %d", len(articles), some[-1].seq)
                articles = {}
