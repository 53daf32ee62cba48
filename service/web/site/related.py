"""More like this: the articles that are shown below an article."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from archive.article import Article
from archive.errors import IndexUnavailable
from service.dateline import Dateline
from service.links import Addresses
from service.web.pages.formatting import day_text
from service.web.pages.view_models import Link, day_of

MAX_RELATED: Final = 5
MAX_REMEMBERED: Final = 2000  # articles whose related ones are remembered in each web process: half a megabyte
REMEMBERED_FOR: Final = timedelta(minutes=10)  # articles related to an old one hardly change
REREAD_INTERVAL: Final = timedelta(seconds=10)  # for a title that has changed or an article that was withdrawn


@dataclass(frozen=True, slots=True)
class _Known:
    found: datetime
    ids: Sequence[str]
    read: datetime
    links: Sequence[Link]


class Related:
    """Remembers for a while what it has found, so that a page that many read costs no search.

    Without a usable index there is nothing to show, and the page does not wait for it."""

    def __init__(self, dateline: Dateline) -> None:
        self._dateline = dateline
        self._known: OrderedDict[tuple[str, int], _Known] = OrderedDict()
        self._away_until: datetime | None = None
        self._lock = threading.Lock()

    def links(self, article: Article, addresses: Addresses) -> Sequence[Link]:
        """To the articles that are most like this one; on a copy made of files, none."""
        if addresses.as_files:
            return ()
        now = self._dateline.clock()
        key = article.id, article.revision
        with self._lock:
            known = self._known.get(key)
        if known is not None and now < known.read + REREAD_INTERVAL:
            return known.links
        if known is not None and now < known.found + REMEMBERED_FOR:
            known = _Known(known.found, known.ids, now, self._read(known.ids, addresses))
        elif (ids := self._find(article, now)) is None:
            return ()
        else:
            known = _Known(now, ids, now, self._read(ids, addresses))
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return known.links

    def _find(self, article: Article, now: datetime) -> Sequence[str] | None:
        if self._away_until is not None and now < self._away_until:
            return None
        try:
            hits = self._dateline.index.similar(article, limit=MAX_RELATED)
        except IndexUnavailable:
            self._away_until = now + REREAD_INTERVAL
            return None
        return tuple(hit.id for hit in hits)

    def _read(self, ids: Sequence[str], addresses: Addresses) -> Sequence[Link]:
        articles = self._dateline.archive.articles.get_many(ids)
        found = (articles[each] for each in ids if each in articles)
        return tuple(
            Link(article.title, addresses.href(article.path or "/"), day_text(day_of(article)))
            for article in found
            if article.is_public
        )
