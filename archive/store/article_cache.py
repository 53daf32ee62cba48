"""Recently read articles: an article is in seven feeds or more, and is read once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cachetools import LRUCache

from archive.article import Article
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery

MAX_CHARACTERS: Final = 4_000_000
_OVERHEAD: Final = 1500  # size of an article without content, roughly


class ArticleCache:
    """The articles used last, of about `limit` characters together. Not thread-safe."""

    def __init__(self, archive: Archive, *, limit: int = MAX_CHARACTERS) -> None:
        self.archive = archive
        self._articles: LRUCache[str, Article] = LRUCache(limit, getsizeof=_size)

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """As `Archive.find`. If most of the list is cached in its current revisions, only the rest is read."""
        revisions = self.archive.listings.revisions(query)
        kept = ((article_id, self._articles.get(article_id)) for article_id in revisions)
        found = {article_id: one for article_id, one in kept if one and one.revision == revisions[article_id]}
        missing = [article_id for article_id in revisions if article_id not in found]
        if len(missing) <= len(found):
            found |= self.archive.articles.get_many(missing)
        articles: Sequence[Article] = [found[article_id] for article_id in revisions if article_id in found]
        if {article.id: article.revision for article in articles} != revisions:
            articles = self.archive.listings.find(
                query
            )  # most are missing, or one has just changed and may have left the list
        for article in articles:
            self._keep(article)
        return articles

    @property
    def size(self) -> int:
        """Characters of the cached articles."""
        return int(self._articles.currsize)

    def _keep(self, article: Article) -> None:
        if _size(article) <= self._articles.maxsize:  # cachetools raises ValueError for what is larger than all
            self._articles[article.id] = article

    def __len__(self) -> int:
        return len(self._articles)


def _size(article: Article) -> int:
    source = len(article.content.source) if article.content is not None else 0
    return len(article.content_html) + source + _OVERHEAD
