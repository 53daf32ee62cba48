"""Articles that were read a moment ago, so that the seven feeds which show one read it once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from archive.article import Article
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery
from archive.util.lru import Lru

CHARACTERS: Final = 4_000_000
_OVERHEAD: Final = 1500  # what an article without content takes, roughly


class ArticleCache:
    """The articles read last, of some `limit` characters together. Not for several threads at once."""

    def __init__(self, archive: Archive, *, limit: int = CHARACTERS) -> None:
        self.archive = archive
        self._articles: Lru[str, Article] = Lru(limit, _size)

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """As `Archive.find`. Of a list that is here for the most part, as it is now, only the rest is read."""
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
            )  # most are missing, or one has changed and may not belong here any more
        for article in articles:
            self._articles.put(article.id, article)
        return articles

    @property
    def size(self) -> int:
        """Characters that are kept."""
        return self._articles.size

    def __len__(self) -> int:
        return len(self._articles)


def _size(article: Article) -> int:
    source = len(article.content.source) if article.content is not None else 0
    return len(article.content_html) + source + _OVERHEAD
