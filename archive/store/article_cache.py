"""A cache of recently read articles: an article is in seven feeds or more, and is read once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cachetools import LRUCache

from archive.article import Article
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery

MAX_CHARACTERS: Final = 4_000_000
_OVERHEAD: Final = 1500  # approximate size of an article without its content, in characters


class ArticleCache:
    """The most recently used articles, about `limit` characters in total. Not thread-safe."""

    def __init__(self, archive: Archive, *, limit: int = MAX_CHARACTERS) -> None:
        self.archive = archive
        self._articles: LRUCache[str, Article] = LRUCache(limit, getsizeof=_size)

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """As `Listings.find`. If at least half of the list is cached and current, only the rest is read."""
        revisions = self.archive.listings.revisions(query)
        cached = ((article_id, self._articles.get(article_id)) for article_id in revisions)
        current = {article_id: one for article_id, one in cached if one and one.revision == revisions[article_id]}
        missing = [article_id for article_id in revisions if article_id not in current]
        if len(missing) <= len(current):
            current |= self.archive.articles.get_many(missing)
        articles: Sequence[Article] = [current[article_id] for article_id in revisions if article_id in current]
        if {article.id: article.revision for article in articles} != revisions:
            # Most are missing, or one was saved since `revisions` was read and may have left the list.
            articles = self.archive.listings.find(query)
        for article in articles:
            self._keep(article)
        return articles

    @property
    def size(self) -> int:
        """The cached articles' total size in characters, with the overhead of each."""
        return int(self._articles.currsize)

    def _keep(self, article: Article) -> None:
        if _size(article) <= self._articles.maxsize:  # cachetools raises ValueError for larger ones
            self._articles[article.id] = article

    def __len__(self) -> int:
        return len(self._articles)


def _size(article: Article) -> int:
    source = len(article.content.source) if article.content is not None else 0
    return len(article.content_html) + source + _OVERHEAD
