"""The site's sitemaps, as the worker builds them and crawlers get them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from archive.store.changes import ChangeKind
from tests.support.harness import Harness


def addresses(harness: Harness, path: str) -> list[str]:
    answer = harness.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml"), path
    return [
        (loc.text or "").removeprefix("https://news.example.org")
        for loc in etree.fromstring(answer.data).iter("{*}loc")
    ]


def written(harness: Harness) -> list[str]:
    """The sitemaps whose bytes changed with the next delivery."""
    before = harness.archive.changes.head()
    harness.deliver()
    changes = harness.archive.changes.after(before, kind=ChangeKind.RENDITION, limit=10_000)
    return sorted(change.subject for change in changes if "sitemap" in change.subject)


def test_an_empty_site_has_its_pages_in_the_sitemap(harness: Harness) -> None:
    harness.deliver()
    assert addresses(harness, "/sitemap.xml") == ["/sitemap/pages.xml"]
    assert addresses(harness, "/sitemap/pages.xml")[:2] == ["/", "/archive/"]
    assert addresses(harness, "/sitemap-news.xml") == []


def test_every_article_is_in_the_sitemap_of_its_month(harness: Harness) -> None:
    for day in ("2025-12-30", "2025-12-31", "2026-02-01"):
        harness.posted(slug=f"a{day}", published=f"{day}T12:00:00Z")
    harness.posted(slug="draft", status="draft")
    harness.deliver()
    assert addresses(harness, "/sitemap.xml") == ["/sitemap/pages.xml", "/sitemap/2026/02.xml", "/sitemap/2025/12.xml"]
    assert addresses(harness, "/sitemap/2025/12.xml") == ["/2025/12/30/a2025-12-30", "/2025/12/31/a2025-12-31"]


def test_a_change_rewrites_only_the_sitemap_of_its_month(harness: Harness) -> None:
    article = harness.posted(published="2025-12-30T12:00:00Z")
    harness.posted(published="2026-02-01T12:00:00Z")
    harness.deliver()
    harness.later(hours=1)
    harness.changed("PATCH", article, {"title": "Corrected"})
    assert written(harness) == ["/sitemap/2025/12.xml"]
    assert written(harness) == []


def test_a_month_is_listed_as_long_as_it_has_articles(harness: Harness) -> None:
    article = harness.posted(published="2025-12-30T12:00:00Z")
    harness.deliver()
    harness.later(hours=1)
    article = harness.changed("PATCH", article, {"status": "draft"}).json
    harness.deliver()
    assert addresses(harness, "/sitemap.xml") == ["/sitemap/pages.xml"]
    harness.later(hours=1)
    harness.changed("PATCH", article, {"status": "published"})
    harness.deliver()
    assert addresses(harness, "/sitemap.xml") == ["/sitemap/pages.xml", "/sitemap/2025/12.xml"]


def test_months_are_counted_only_for_the_first_article_of_a_month(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.posted(published="2025-12-30T12:00:00Z")
    harness.deliver()
    counted = harness.archive.listings.months
    counts: list[object] = []

    def counted_months() -> object:
        counts.append(None)
        return counted()

    monkeypatch.setattr(harness.archive.listings, "months", counted_months)
    for published, times in (("2025-12-31T12:00:00Z", 0), ("2026-01-01T12:00:00Z", 1)):
        harness.later(hours=1)
        harness.posted(published=published)
        harness.deliver()
        assert len(counts) == times


def test_a_withdrawn_article_is_in_no_sitemap(harness: Harness) -> None:
    article = harness.posted(published="2025-12-30T12:00:00Z")
    harness.deliver()
    harness.ask("DELETE", f"/articles/{article['id']}", None, {"If-Match": "*"})
    harness.deliver()
    assert addresses(harness, "/sitemap.xml") == ["/sitemap/pages.xml"]
    assert addresses(harness, "/sitemap/2025/12.xml") == []


def test_the_news_sitemap_has_articles_of_two_days(harness: Harness) -> None:
    harness.posted(slug="old", published=(harness.now - timedelta(days=2, seconds=1)).isoformat())
    harness.posted(slug="new", published=(harness.now - timedelta(days=1)).isoformat())
    harness.deliver()
    assert [path.rpartition("/")[2] for path in addresses(harness, "/sitemap-news.xml")] == ["new"]
    harness.later(days=1, seconds=1)
    assert written(harness) == ["/sitemap-news.xml"]
    assert addresses(harness, "/sitemap-news.xml") == []


def test_robots_txt_names_the_sitemaps(harness: Harness) -> None:
    lines = harness.get("/robots.txt").text.splitlines()
    assert [line for line in lines if line.startswith("Sitemap:")] == [
        "Sitemap: https://news.example.org/sitemap.xml",
        "Sitemap: https://news.example.org/sitemap-news.xml",
    ]
