"""The page for people who open the URL of a feed in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from archive.store.archive import Archive
from tests.support.harness import Harness, Page, open_harness

PERSON = {"Sec-Fetch-Dest": "document", "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def short(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    """A site whose feed is so short that the previous month has an archive document."""
    with open_harness(archive, tmp_path, feed_length=1) as harness:
        yield harness


def opened(harness: Harness, address: str, *, status: int = 200) -> Page:
    answer = harness.get(address, PERSON)
    assert (answer.status_code, answer.mimetype) == (status, "text/html"), address
    return Page(answer.text)


@pytest.mark.parametrize(
    ("feed", "title", "home"),
    [
        ("/feed.atom", "Example News", "/"),
        ("/tags/el-ni%C3%B1o/feed.rss", "El Niño – Example News", "/tags/el-ni%C3%B1o/"),
        ("/2026/feed.json", "2026 – Example News", "/2026/"),
        ("/archive/2025/12/feed.atom", "Archive, December 2025 – Example News", "/2025/12/"),
        ("/search/feed.atom?q=wheat&tag=usa", "“wheat”, usa – Example News", "/search?q=wheat&tag=usa"),
    ],
)
def test_people_are_told_what_a_feed_is(short: Harness, feed: str, title: str, home: str) -> None:
    harness = short
    harness.posted(title="Wheat", tags=["El Niño", "usa"], published="2026-01-02T12:00:00Z")
    harness.posted(title="Rye", published="2025-12-02T12:00:00Z")
    harness.deliver()
    page = opened(harness, feed)
    assert page.text("h1") == title
    assert page.text(".feed-address") == f"https://news.example.org{feed}"
    assert home in page.values(".intro a", "href")
    assert len(page.values("link[rel=alternate][type*=atom]", "href")) == 1


@pytest.mark.parametrize(
    "feed",
    [
        "/feed.{}",
        "/tags/el-ni%C3%B1o/feed.{}",
        "/tags/what%3F/feed.{}",
        "/archive/2025/12/feed.{}",
        "/search/feed.{}?q=wheat+%26+rye&tag=usa",
        "/search/feed.{}?tag=usa&per_page=1&page=2",
    ],
)
def test_every_feed_leads_to_its_page_whatever_the_browser_says_of_itself(short: Harness, feed: str) -> None:
    for title in ("Wheat & rye", "Rye & wheat"):
        short.posted(title=title, tags=["El Niño", "usa", "What?"], published="2026-01-02T12:00:00Z")
    short.posted(title="Rye", published="2025-12-02T12:00:00Z")
    short.deliver()
    for form, page in about_pages(short, feed).items():
        assert page.startswith("https://news.example.org/feeds/about?feed=/")
        answer = short.get(page.removeprefix("https://news.example.org"))
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), page
        own = feed.format(form).partition("&per_page")[0]
        assert Page(answer.text).text(".feed-address") == f"https://news.example.org{own}"


def about_pages(harness: Harness, feed: str) -> dict[str, str]:
    """By format: the URL of the page that the feed links to."""
    channel = feedparser.parse(harness.get(feed.format("rss")).data).feed
    atom = feedparser.parse(harness.get(feed.format("atom")).data).feed
    [in_rss] = [link.href for link in channel.links if link.rel == "related"]
    [in_atom] = [link.href for link in atom.links if link.rel == "related"]
    assert "/feeds/about" not in channel.link + atom.link
    return {"rss": in_rss, "atom": in_atom, "json": harness.get(feed.format("json")).json["user_comment"].split()[-1]}


def test_the_articles_in_it_can_be_read_at_once(harness: Harness) -> None:
    harness.posted(title="Wheat", slug="wheat", published="2026-01-02T12:00:00Z")
    harness.deliver()
    assert opened(harness, "/feed.atom").values(".feed-group a", "href") == ["/2026/01/02/wheat"]


def test_the_page_leads_to_the_other_formats_and_says_how_often_something_comes(harness: Harness) -> None:
    harness.posted(title="Wheat", published="2026-03-01T12:00:00Z")
    harness.deliver()
    page = opened(harness, "/feed.atom")
    assert page.texts(".subscribe .feeds a") == ["RSS", "JSON Feed"]
    assert "New articles: 1 in the last 30 days." in page.texts(".intro")


@pytest.mark.parametrize("destination", [None, "empty", "iframe", "nonsense"])
def test_everything_that_is_no_browsers_page_gets_the_feed(harness: Harness, destination: str | None) -> None:
    harness.deliver()
    headers = {"Accept": PERSON["Accept"], **({"Sec-Fetch-Dest": destination} if destination else {})}
    for address in ("/feed.atom", "/search/feed.atom?q=x"):
        assert harness.get(address, headers).mimetype == "application/atom+xml"


def test_no_cache_gives_a_feed_reader_the_page(harness: Harness) -> None:
    harness.deliver()
    for address in ("/feed.atom", "/search/feed.atom?q=x"):
        answer = harness.get(address, PERSON)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Sec-Fetch-Dest" in answer.headers["Vary"]
        assert "ETag" not in answer.headers


def test_there_is_no_page_about_a_feed_that_is_not_there(harness: Harness) -> None:
    harness.deliver()
    opened(harness, "/tags/none/feed.atom", status=404)
    for feed in ("", "/tags/none/feed.atom", "/archive/2025/13/feed.atom", "/hub", "/%00/feed.atom"):
        opened(harness, f"/feeds/about?feed={feed}", status=404)
    opened(harness, "/search/feed.atom?from=yesterday", status=400)


def test_sitemaps_are_what_they_are(harness: Harness) -> None:
    harness.deliver()
    assert harness.get("/sitemap.xml", PERSON).mimetype == "application/xml"
