"""The site's sitemaps, as the worker builds them and crawlers get them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import etree

from archive.store.changes import ChangeKind
from tests.support.office import Office


def addresses(office: Office, path: str) -> list[str]:
    answer = office.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml"), path
    return [
        (loc.text or "").removeprefix("https://news.example.org")
        for loc in etree.fromstring(answer.data).iter("{*}loc")
    ]


def written(office: Office) -> list[str]:
    """The sitemaps whose bytes changed with the next delivery."""
    before = office.archive.changes.head()
    office.deliver()
    changes = office.archive.changes.after(before, kind=ChangeKind.RENDITION, limit=10_000)
    return sorted(change.subject for change in changes if "sitemap" in change.subject)


def test_an_empty_site_has_its_pages_in_the_sitemap(office: Office) -> None:
    office.deliver()
    assert addresses(office, "/sitemap.xml") == ["/sitemap/pages.xml"]
    assert addresses(office, "/sitemap/pages.xml")[:2] == ["/", "/archive/"]
    assert addresses(office, "/sitemap-news.xml") == []


def test_every_article_is_in_the_sitemap_of_its_month(office: Office) -> None:
    for day in ("2025-12-30", "2025-12-31", "2026-02-01"):
        office.posted(slug=f"a{day}", published=f"{day}T12:00:00Z")
    office.posted(slug="draft", status="draft")
    office.deliver()
    assert addresses(office, "/sitemap.xml") == ["/sitemap/pages.xml", "/sitemap/2026/02.xml", "/sitemap/2025/12.xml"]
    assert addresses(office, "/sitemap/2025/12.xml") == ["/2025/12/30/a2025-12-30", "/2025/12/31/a2025-12-31"]


def test_a_change_rewrites_only_the_sitemap_of_its_month(office: Office) -> None:
    article = office.posted(published="2025-12-30T12:00:00Z")
    office.posted(published="2026-02-01T12:00:00Z")
    office.deliver()
    office.later(hours=1)
    office.changed("PATCH", article, {"title": "Corrected"})
    assert written(office) == ["/sitemap/2025/12.xml"]
    assert written(office) == []


def test_a_month_is_listed_as_long_as_it_has_articles(office: Office) -> None:
    article = office.posted(published="2025-12-30T12:00:00Z")
    office.deliver()
    office.later(hours=1)
    article = office.changed("PATCH", article, {"status": "draft"}).json
    office.deliver()
    assert addresses(office, "/sitemap.xml") == ["/sitemap/pages.xml"]
    office.later(hours=1)
    office.changed("PATCH", article, {"status": "published"})
    office.deliver()
    assert addresses(office, "/sitemap.xml") == ["/sitemap/pages.xml", "/sitemap/2025/12.xml"]


def test_months_are_counted_only_for_the_first_article_of_a_month(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.posted(published="2025-12-30T12:00:00Z")
    office.deliver()
    counted = office.archive.listings.months
    counts: list[object] = []
    monkeypatch.setattr(office.archive.listings, "months", lambda: counts.append(None) or counted())
    for published, times in (("2025-12-31T12:00:00Z", 0), ("2026-01-01T12:00:00Z", 1)):
        office.later(hours=1)
        office.posted(published=published)
        office.deliver()
        assert len(counts) == times


def test_a_withdrawn_article_is_in_no_sitemap(office: Office) -> None:
    article = office.posted(published="2025-12-30T12:00:00Z")
    office.deliver()
    office.ask("DELETE", f"/articles/{article['id']}", None, {"If-Match": "*"})
    office.deliver()
    assert addresses(office, "/sitemap.xml") == ["/sitemap/pages.xml"]
    assert addresses(office, "/sitemap/2025/12.xml") == []


def test_the_news_sitemap_has_articles_of_two_days(office: Office) -> None:
    office.posted(slug="old", published=(office.now - timedelta(days=2, seconds=1)).isoformat())
    office.posted(slug="new", published=(office.now - timedelta(days=1)).isoformat())
    office.deliver()
    assert [path.rpartition("/")[2] for path in addresses(office, "/sitemap-news.xml")] == ["new"]
    office.later(days=1, seconds=1)
    assert written(office) == ["/sitemap-news.xml"]
    assert addresses(office, "/sitemap-news.xml") == []


def test_robots_txt_names_the_sitemaps(office: Office) -> None:
    lines = office.get("/robots.txt").text.splitlines()
    assert [line for line in lines if line.startswith("Sitemap:")] == [
        "Sitemap: https://news.example.org/sitemap.xml",
        "Sitemap: https://news.example.org/sitemap-news.xml",
    ]
