"""Rebuilds the sitemaps of the months in which articles changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from archive.period import Period
from archive.site import Site
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Lease
from archive.store.listings import ArticleQuery
from feeds.document import Document
from feeds.sitemap import (
    INDEX,
    listed_in,
    part_path,
    parts_of,
    write_index,
    write_pages,
)
from service.dateline import Dateline
from service.syndication.documents import store_documents
from service.syndication.sitemaps import BUILT_FOR, OVERVIEWS, VERSION, index_paths, month_documents


class SitemapsConsumer:
    """Builds one or more sitemaps for each month, one of the list pages, and an index of all sitemaps."""

    name = "sitemaps"
    kind = ChangeKind.ARTICLE
    batch = 5000  # changes

    def __init__(self, archive: Archive, site: Site, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.site = site
        self.clock = clock

    def start(self, lease: Lease) -> int:
        """The position to continue from: 0 if the site's URL has changed."""
        built_for = f"{VERSION} {self.site.url}"
        if self.archive.facts.get(BUILT_FOR) == built_for:
            return lease.position
        self._store(self._overview, lease)
        self.archive.changes.advance(lease, 0)
        self.archive.facts.set(BUILT_FOR, built_for)
        return 0

    def lost(self, position: int) -> bool:
        del position
        return False

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        months = {Period(day.year, day.month) for change in changes for day in change.days}
        for month in sorted(months):
            self._store(partial(month_documents, self.archive, month, self.site), lease)
        index = self.archive.renditions.get(INDEX) if months else None
        listed = listed_in(index.identity.body) if index is not None else frozenset()
        if not all(self._is_listed(month, listed) for month in months):
            self._store(self._overview, lease)

    def _is_listed(self, month: Period, listed: frozenset[str]) -> bool:
        """Whether the index lists exactly the sitemaps of a month. If so, the index is not written again: that counts all months."""
        parts = self._parts(month)
        wanted = [self.site.absolute(part_path(month, number + 1)) for number in range(parts)]
        return listed >= set(wanted) and self.site.absolute(part_path(month, parts + 1)) not in listed

    def _parts(self, month: Period) -> int:
        count = self.archive.listings.count(ArticleQuery(period=month))
        return parts_of(count) if count else 0

    def _overview(self) -> list[Document]:
        return [write_pages(OVERVIEWS, self.site), write_index(index_paths(self.archive), self.site)]

    def _store(self, make: Callable[[], list[Document]], lease: Lease) -> None:
        store_documents(self.archive, make, lease, clock=self.clock)


def sitemaps_consumer(dateline: Dateline) -> SitemapsConsumer:
    """The consumer for this site."""
    return SitemapsConsumer(dateline.archive, dateline.site, clock=dateline.clock)
