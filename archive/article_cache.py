"""Articles that were read a moment ago, so that the seven feeds which show one read it once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from archive.article import Article
from archive.store import Archive, ArticleQuery, Brief

CHARACTERS: Final = 4_000_000
_OVERHEAD: Final = 1500  # what an article without content takes, roughly


class ArticleCache:
    """The articles read last, of some `limit` characters together. Not for several threads at once."""

    def __init__(self, archive: Archive, *, limit: int = CHARACTERS) -> None:
        self.archive = archive
        self.limit = limit
        self.size = 0
        self._articles: OrderedDict[str, Article] = OrderedDict()

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """As `Archive.find`, of articles with a date. Those that are here as they are now are not read again."""
        briefs = self.archive.briefs(query)
        found = {brief.id: self._articles[brief.id] for brief in briefs if self._has(brief)}
        read = self.archive.get_many([brief.id for brief in briefs if brief.id not in found])
        found |= read
        for brief in briefs:
            self._keep(found[brief.id])
        if any(found[brief.id].revision != brief.revision for brief in briefs):
            return self.archive.find(query)  # one has changed in between, and may not belong here any more
        return [found[brief.id] for brief in briefs]

    def __len__(self) -> int:
        return len(self._articles)

    def _has(self, brief: Brief) -> bool:
        known = self._articles.get(brief.id)
        return known is not None and known.revision == brief.revision

    def _keep(self, article: Article) -> None:
        before = self._articles.pop(article.id, None)
        if before is not None:
            self.size -= _size(before)
        self._articles[article.id] = article
        self.size += _size(article)
        while self.size > self.limit:
            _, oldest = self._articles.popitem(last=False)
            self.size -= _size(oldest)


def _size(article: Article) -> int:
    source = len(article.content.source) if article.content is not None else 0
    return len(article.content_html) + source + _OVERHEAD
