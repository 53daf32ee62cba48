"""Sitemaps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from archive.period import Period
from archive.store.listings import ArticleStub
from feeds import sitemap
from feeds.document import Document
from feeds.sitemap import is_sitemap, part_path, write_index, write_month, write_news, write_pages
from tests.support.builders import NOON, SITE, an_article

SPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}


def texts(document: Document, path: str) -> list[str | None]:
    return [found.text for found in etree.fromstring(document.body).findall(path, SPACES)]


def test_the_index_names_every_part() -> None:
    index = write_index(["/sitemap/pages.xml", "/sitemap/2023/12.xml"], SITE)
    assert (index.path, index.media_type) == ("/sitemap.xml", "application/xml; charset=utf-8")
    assert texts(index, "s:sitemap/s:loc") == [
        "https://news.example.org/sitemap/pages.xml",
        "https://news.example.org/sitemap/2023/12.xml",
    ]


def test_a_month_names_its_articles_and_when_they_changed() -> None:
    brief = ArticleStub("a", 1, "/2023/12/14/año", NOON.replace(microsecond=5))
    [part] = write_month(Period(2023, 12), [brief], SITE)
    assert part.path == "/sitemap/2023/12.xml"
    assert texts(part, "s:url/s:loc") == ["https://news.example.org/2023/12/14/a%C3%B1o"]
    assert texts(part, "s:url/s:lastmod") == ["2026-03-14T12:00:00Z"]


def test_a_month_too_large_for_one_sitemap_has_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "MAX_URLS", 2)
    stubs = [ArticleStub(f"a{day}", 1, f"/2023/12/0{day}/a", NOON) for day in range(1, 6)]
    parts = write_month(Period(2023, 12), stubs, SITE)
    assert [part.path for part in parts] == [part_path(Period(2023, 12), number) for number in (1, 2, 3)]
    assert [len(texts(part, "s:url")) for part in parts] == [2, 2, 1]
    assert write_month(Period(2023, 12), stubs[:4], SITE) == parts[:2]  # later articles change only the last one


def test_the_pages_that_are_no_articles() -> None:
    assert texts(write_pages(["/", "/archive/"], SITE), "s:url/s:loc") == [
        "https://news.example.org/",
        "https://news.example.org/archive/",
    ]


@pytest.mark.parametrize(("language", "said"), [("en-GB", "en"), ("zh-CN", "zh-cn"), ("gsw-CH", "gsw"), ("pt", "pt")])
def test_the_news_sitemap_has_the_required_elements(language: str, said: str) -> None:
    article = an_article(title="Tides & \ufdd0times", published=NOON - timedelta(hours=1), language=language)
    news = write_news([article, an_article(status="draft")], SITE)
    assert news.path == "/sitemap-news.xml"
    assert texts(news, "s:url/s:loc") == [f"https://news.example.org{article.path}"]
    assert texts(news, ".//n:publication/n:name") == ["Example News"]
    assert texts(news, ".//n:publication/n:language") == [said]
    assert texts(news, ".//n:news/n:publication_date") == ["2026-03-14T11:00:00Z"]
    assert texts(news, ".//n:news/n:title") == ["Tides & times"]


def test_which_addresses_are_sitemaps() -> None:
    assert all(map(is_sitemap, ("/sitemap.xml", "/sitemap-news.xml", "/sitemap/pages.xml", part_path(Period(1, 2)))))
    assert not any(map(is_sitemap, ("/sitemap", "/sitemap/", "/2023/12/14/sitemap.xml", "/sitemap-news")))
