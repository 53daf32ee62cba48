"""Keeps the search index up to date with the archive."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from archive.article import Article
from archive.errors import IndexUnavailable
from archive.search.index import SearchIndex
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from archive.util.chunks import chunked
from service.dateline import Dateline

log = logging.getLogger(__name__)

READ_BATCH = 500  # articles read at once
INDEX_BATCH = 1000  # changes per commit; a later article waits for it
REBUILD_BATCH = 20_000  # changes per commit of a rebuild, on all processors
MAX_BATCH_CHARACTERS = 30_000_000  # of HTML, of the articles that are indexed together


class IndexConsumer:
    """Indexes every article that has changed, and removes those that are no longer public."""

    name = "index"
    kind = ChangeKind.ARTICLE

    def __init__(self, archive: Archive, index: SearchIndex) -> None:
        self.archive = archive
        self.index = index

    @property
    def batch(self) -> int:
        """Large, because Whoosh pays per commit: one article takes about 15 ms, a thousand together less than a second."""
        return REBUILD_BATCH if self.index.awaited() else INDEX_BATCH

    def start(self, lease: Lease) -> int:
        """The position stored in the index, which may be lost, damaged or restored from a backup.

        A cursor at 0 requests a new index. The old one, if usable, answers searches until the new one is complete."""
        position = self._position()
        if max(position, self.index.awaited()) > self.archive.changes.head():
            log.warning("the search index is ahead of the archive: rebuilding it")
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
        del lease  # the index has its own lock, and its revisions make a late write harmless
        articles: dict[str, Article] = {}
        for some in chunked(changes, READ_BATCH):
            articles |= self.archive.articles.get_many(list(dict.fromkeys(change.subject for change in some)))
            is_last = some[-1] is changes[-1]
            if is_last or sum(len(article.content_html) for article in articles.values()) > MAX_BATCH_CHARACTERS:
                self.index.apply(list(articles.values()), position=some[-1].seq)
                log.info("indexed %d articles, up to change %d", len(articles), some[-1].seq)
                articles = {}


def index_consumer(dateline: Dateline) -> IndexConsumer:
    """The consumer for this site."""
    return IndexConsumer(dateline.archive, dateline.index)
