"""The site's sitemaps. A job builds the news sitemap; the worker builds the others when a month changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from archive.period import Period
from archive.site import Site
from archive.store.archive import Archive
from archive.store.consumers import LEASE_DURATION
from archive.store.listings import ArticleQuery, SortKey
from feeds.document import Document
from feeds.sitemap import (
    MAX_NEWS,
    PAGES,
    part_path,
    parts_of,
    write_month,
    write_news,
)
from service.syndication.documents import store_documents

VERSION = 1  # increase it when the same articles give other bytes
BUILT_FOR = "sitemaps-built-for"
NEWS_AGE = timedelta(days=2)  # of articles in the news sitemap, by Google's rules
OVERVIEWS = ("/", "/archive/", "/sections/", "/tags/", "/authors/", "/feeds")
NO_LIMIT = 10_000_000  # articles: more than a month has


class NewsSitemap:
    """The sitemap of the articles of the last NEWS_AGE. Built at intervals: it changes with time, not only with articles."""

    name = "sitemap-news"

    def __init__(self, archive: Archive, site: Site, *, owner: str, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.site = site
        self.owner = owner
        self.clock = clock

    def run(self) -> None:
        lease = self.archive.changes.acquire(self.name, owner=self.owner, now=self.clock(), duration=LEASE_DURATION)
        if lease is not None:
            store_documents(self.archive, lambda: [self.document()], lease, clock=self.clock)

    def document(self) -> Document:
        since = SortKey(self.clock() - NEWS_AGE, "")
        return write_news(self.archive.listings.find(ArticleQuery(down_to=since, limit=MAX_NEWS)), self.site)


def month_documents(archive: Archive, month: Period, site: Site) -> list[Document]:
    """The sitemaps of one month, oldest articles first."""
    stubs = archive.listings.stubs(ArticleQuery(period=month, limit=NO_LIMIT))
    return write_month(month, stubs[::-1], site)


def index_paths(archive: Archive) -> Iterable[str]:
    """The paths of every sitemap except the news sitemap, newest month first."""
    yield PAGES
    for month, count in archive.listings.months().items():
        for number in range(parts_of(count), 0, -1):
            yield part_path(month, number)
