"""The site's sitemaps, kept up to date beside its feeds: crawlers are in no hurry, so that a minute is soon enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from archive.site import Site
from archive.store.archive import Archive, ArticleQuery, Change, ChangeKind, Period, Place, Turn
from archive.store.consumers import TURN_LASTS
from feeds.content_codings import IDENTITY
from feeds.document import Document
from feeds.sitemap import (
    INDEX,
    MOST_NEWS,
    PAGES,
    listed_in,
    part_path,
    parts_of,
    write_index,
    write_month,
    write_news,
    write_pages,
)
from service.worker.consumers.feeds import store_documents

VERSION = 1  # raise it when the same articles are to give other bytes
BUILT_FOR = "sitemaps-built-for"
NEWS_LAST = timedelta(days=2)  # as Google has it
OVERVIEWS = ("/", "/archive/", "/sections/", "/tags/", "/authors/", "/feeds")
MOST = 10_000_000  # articles of a month: all of them


class SitemapsConsumer:
    """Rebuilds the sitemaps of the months in which something has changed."""

    name = "sitemaps"
    kind = ChangeKind.ARTICLE
    batch = 5000

    def __init__(self, archive: Archive, site: Site, *, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.site = site
        self.clock = clock

    def start(self, turn: Turn) -> int:
        """From the beginning where the site has another address."""
        built_for = f"{VERSION} {self.site.url}"
        if self.archive.fact(BUILT_FOR) == built_for:
            return turn.position
        self._store(self._overview, turn)
        self.archive.advance(turn, 0)
        self.archive.state(BUILT_FOR, built_for)
        return 0

    def lost(self, position: int) -> bool:
        del position
        return False

    def apply(self, changes: Sequence[Change], turn: Turn) -> None:
        months = {Period(day.year, day.month) for change in changes for day in change.days}
        for month in sorted(months):
            self._store(partial(month_documents, self.archive, month, self.site), turn)
        index = self.archive.rendition(INDEX) if months else None
        listed = listed_in(index.codings[IDENTITY].body) if index is not None else frozenset()
        if not all(self._is_listed(month, listed) for month in months):
            self._store(self._overview, turn)

    def _is_listed(self, month: Period, listed: frozenset[str]) -> bool:
        """Whether an index has the sitemaps of a month, and no more: all months are counted for few articles."""
        parts = self._parts(month)
        wanted = [self.site.absolute(part_path(month, number + 1)) for number in range(parts)]
        return listed >= set(wanted) and self.site.absolute(part_path(month, parts + 1)) not in listed

    def _parts(self, month: Period) -> int:
        count = self.archive.count(ArticleQuery(period=month))
        return parts_of(count) if count else 0

    def _overview(self) -> list[Document]:
        return [write_pages(OVERVIEWS, self.site), write_index(index_paths(self.archive), self.site)]

    def _store(self, make: Callable[[], list[Document]], turn: Turn) -> None:
        store_documents(self.archive, make, turn, clock=self.clock)


class NewsSitemap:
    """The articles of the last two days. It changes with the time, too, so that it is built again and again."""

    name = "sitemap-news"

    def __init__(self, archive: Archive, site: Site, *, holder: str, clock: Callable[[], datetime]) -> None:
        self.archive = archive
        self.site = site
        self.holder = holder
        self.clock = clock

    def run(self) -> None:
        turn = self.archive.take_turn(self.name, holder=self.holder, now=self.clock(), lasting=TURN_LASTS)
        if turn is not None:
            store_documents(self.archive, lambda: [self.document()], turn, clock=self.clock)

    def document(self) -> Document:
        since = Place(self.clock() - NEWS_LAST, "")
        return write_news(self.archive.find(ArticleQuery(down_to=since, limit=MOST_NEWS)), self.site)


def month_documents(archive: Archive, month: Period, site: Site) -> list[Document]:
    briefs = archive.briefs(ArticleQuery(period=month, limit=MOST))
    return write_month(month, briefs[::-1], site)


def index_paths(archive: Archive) -> Iterable[str]:
    """Every sitemap but the news', newest month first."""
    yield PAGES
    for month, count in archive.periods().items():
        for number in range(parts_of(count), 0, -1):
            yield part_path(month, number)
