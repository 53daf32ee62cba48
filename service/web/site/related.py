"""More like this: links to similar articles."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cachetools import LRUCache

from archive.article import Article
from archive.errors import IndexUnavailable
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.formatting import day_text
from service.web.pages.view_models import Link

MAX_LINKS: Final = 5
MAX_CACHED: Final = 2000  # articles, in each web process: about 0.5 MB
IDS_LIFETIME: Final = timedelta(minutes=10)  # the similar articles of an article rarely change
LINKS_LIFETIME: Final = timedelta(seconds=10)  # titles change, and articles are withdrawn


@dataclass(frozen=True, slots=True)
class _CachedLinks:
    found: datetime
    ids: Sequence[str]
    read: datetime
    links: Sequence[Link]


class Related:
    """Finds similar articles and caches them, so that a popular page costs no search.

    If the index is unavailable there are no links, and it is not asked again for LINKS_LIFETIME."""

    def __init__(self, dateline: Dateline) -> None:
        self._dateline = dateline
        self._cache: LRUCache[tuple[str, int], _CachedLinks] = LRUCache(MAX_CACHED)
        self._paused_until: datetime | None = None
        self._lock = threading.Lock()

    def links(self, article: Article, addresses: Addresses) -> Sequence[Link]:
        """Links to the articles most similar to this one; none in a static export."""
        if addresses.as_files:
            return ()
        now = self._dateline.clock()
        key = article.id, article.revision
        with self._lock:
            cached = self._cache.get(key)
        if cached is not None and now < cached.read + LINKS_LIFETIME:
            return cached.links
        if cached is not None and now < cached.found + IDS_LIFETIME:
            cached = _CachedLinks(cached.found, cached.ids, now, self._read(cached.ids, addresses))
        elif (ids := self._find(article, now)) is None:
            return ()
        else:
            cached = _CachedLinks(now, ids, now, self._read(ids, addresses))
        with self._lock:
            self._cache[key] = cached
        return cached.links

    def _find(self, article: Article, now: datetime) -> Sequence[str] | None:
        if self._paused_until is not None and now < self._paused_until:
            return None
        try:
            hits = self._dateline.index.similar(article, limit=MAX_LINKS)
        except IndexUnavailable:
            self._paused_until = now + LINKS_LIFETIME
            return None
        return tuple(hit.id for hit in hits)

    def _read(self, ids: Sequence[str], addresses: Addresses) -> Sequence[Link]:
        articles = self._dateline.archive.articles.get_many(ids)
        found = (articles[each] for each in ids if each in articles)
        return tuple(
            Link(article.title, addresses.href(article.path or "/"), day_text(article.listed_day))
            for article in found
            if article.is_public
        )
