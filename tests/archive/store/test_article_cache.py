"""The cache saves reads, and never returns outdated articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.article import Article, Status
from archive.store.archive import Archive
from archive.store.article_cache import ArticleCache
from archive.store.articles import Save
from archive.store.listings import ArticleQuery
from tests.support.builders import NOON, added, changed

ALL = ArticleQuery(limit=10)


class Watched:
    """An archive that records the ids of the articles read."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.read: list[str] = []
        self.then: Callable[[], object] = lambda: None

    @property
    def articles(self) -> Watched:
        return self

    @property
    def listings(self) -> Watched:
        return self

    def get_many(self, article_ids: Sequence[str]) -> Mapping[str, Article]:
        self.read += article_ids
        return self.archive.articles.get_many(article_ids)

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        found = self.archive.listings.find(query)
        self.read += [article.id for article in found]
        return found

    def revisions(self, query: ArticleQuery) -> Mapping[str, int]:
        found = self.archive.listings.revisions(query)
        self.then()
        return found


@pytest.fixture
def watched(archive: Archive) -> Watched:
    return Watched(archive)


def numbered(archive: Archive, number: int) -> list[Article]:
    return [added(archive, published=(NOON - timedelta(days=day)).isoformat()) for day in range(number)]


def test_the_same_articles_are_found_in_the_same_order(archive: Archive) -> None:
    numbered(archive, 5)
    cache = ArticleCache(archive)
    for query in (ALL, replace(ALL, limit=2), ALL):
        assert list(cache.find(query)) == list(archive.listings.find(query))


def test_an_article_is_read_once_for_all_lists(archive: Archive, watched: Watched) -> None:
    articles = numbered(archive, 3)
    cache = ArticleCache(watched)  # type: ignore[arg-type]
    cache.find(replace(ALL, limit=2))
    cache.find(ALL)
    cache.find(ALL)
    assert sorted(watched.read) == sorted(article.id for article in articles)


def test_an_article_that_was_changed_is_read_again(archive: Archive, watched: Watched) -> None:
    first, *_ = numbered(archive, 2)
    cache = ArticleCache(watched)  # type: ignore[arg-type]
    cache.find(ALL)
    watched.read.clear()
    changed(archive, first, title="Another title")
    assert cache.find(ALL)[0].title == "Another title"
    assert watched.read == [first.id]


def test_an_article_withdrawn_during_a_read_is_not_found(archive: Archive, watched: Watched) -> None:
    first, second = numbered(archive, 2)

    def withdraw() -> None:
        watched.then = lambda: None
        archive.articles.save(Save(article=replace(first, status=Status.WITHDRAWN), expected_revision=first.revision))

    watched.then = withdraw
    assert [article.id for article in ArticleCache(watched).find(ALL)] == [second.id]  # type: ignore[arg-type]


def test_the_size_of_the_cache_is_bounded(archive: Archive) -> None:
    for _ in range(4):
        added(archive, content_text="word " * 2_000)
    cache = ArticleCache(archive, limit=50_000)
    assert len(cache.find(ALL)) == 4
    assert 0 < len(cache) < 4
    assert 0 < cache.size <= 50_000
    assert len(cache.find(ALL)) == 4
