"""Feeds of searches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import feedparser
import pytest
from lxml import etree

from archive.store.archive import Archive
from feeds.format import ATOM, FORMATS, RSS, Format
from tests.feeds.formats.test_atom import SCHEMA
from tests.support.harness import Harness, open_harness, open_site


def feed(site: Harness, query: str, form: str = "json") -> Any:
    response = site.get(f"/search/feed.{form}?{query}")
    assert response.status_code == 200, response.text
    return response.json if form == "json" else response.data


def titles(site: Harness, query: str) -> list[str]:
    return [item["title"] for item in feed(site, query)["items"]]


def asked(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_site(archive, tmp_path) as opened:
        yield opened


@pytest.fixture
def wheat(site: Harness) -> Harness:
    site.publish(title="Wheat wheat wheat", tags=["usa"], section="grain", authors=["Ada"], published="2026-01-02")
    site.publish(title="Some wheat", tags=["canada"], section="grain", published="2026-01-03")
    site.publish(title="Rye", tags=["usa"], language="de", published="2026-01-04")
    return site


def test_a_search_is_a_feed_newest_first(wheat: Harness) -> None:
    assert titles(wheat, "q=wheat") == titles(wheat, "q=wheat&sort=relevance") == ["Some wheat", "Wheat wheat wheat"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tag=usa", ["Rye", "Wheat wheat wheat"]),
        ("section=grain&author=Ada", ["Wheat wheat wheat"]),
        ("q=wheat&from=2026-01-03", ["Some wheat"]),
        ("to=2026-01-02", ["Wheat wheat wheat"]),
        ("language=de", ["Rye"]),
        ("language=en&per_page=1&page=2", ["Wheat wheat wheat"]),
        ("q=barley", []),
        ("", ["Rye", "Some wheat", "Wheat wheat wheat"]),
    ],
)
def test_every_parameter_of_a_search_applies_to_its_feed(wheat: Harness, query: str, found: list[str]) -> None:
    assert titles(wheat, query) == found


@pytest.mark.parametrize("feed_format", FORMATS.values(), ids=str)
def test_a_search_has_a_feed_in_every_format(wheat: Harness, feed_format: Format) -> None:
    response = wheat.get(f"/search/{feed_format.suffix}?q=wheat")
    assert response.headers["Content-Type"] == feed_format.media_type
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    if feed_format in (RSS, ATOM):
        assert [entry.title for entry in feedparser.parse(response.data).entries] == ["Some wheat", "Wheat wheat wheat"]


def test_a_search_feed_names_the_search_and_its_page(wheat: Harness) -> None:
    found = feed(wheat, "tag=usa&q=wheat+%26+rye&utm_source=x&page=1")
    assert found["title"] == "“wheat & rye”, usa – Example News"
    assert asked(found["home_page_url"]) == asked(found["feed_url"]) == {"q": "wheat & rye", "tag": "usa"}
    assert urlsplit(found["home_page_url"]).path == "/search"
    root = etree.fromstring(feed(wheat, "q=wheat+%26+rye&tag=usa", "atom"))
    assert SCHEMA.validate(root), SCHEMA.error_log
    assert (root.findtext("{*}id") or "").endswith("/search?q=wheat+%26+rye&tag=usa")


def test_a_search_feed_has_pages_rfc5005_3(wheat: Harness) -> None:
    def links(page: int) -> dict[str, str]:
        root = etree.fromstring(feed(wheat, f"tag=usa&per_page=1&page={page}", "atom"))
        return {link.attrib["rel"]: link.attrib["href"] for link in root.findall("{*}link")}

    pages = [f"https://news.example.org/search/feed.atom?tag=usa&per_page=1{more}" for more in ("", "&page=2")]
    first, second = links(1), links(2)
    assert [first.get(name) for name in ("self", "first", "previous", "next", "last")] == [
        pages[0], pages[0], None, pages[1], pages[1],
    ]  # fmt: skip
    assert [second.get(name) for name in ("self", "first", "previous", "next", "last")] == [
        pages[1], pages[0], pages[0], None, pages[1],
    ]  # fmt: skip
    assert feed(wheat, "tag=usa&per_page=1")["next_url"] == pages[1].replace("atom", "json")
    assert wheat.get("/search/feed.atom?tag=usa&per_page=1&page=3").status_code == 404


def test_a_search_feed_links_to_its_canonical_address(wheat: Harness) -> None:
    response = wheat.get("/search/feed.atom?tag=usa&utm_source=x&per_page=1&page=2")
    own = "https://news.example.org/search/feed.atom?tag=usa&per_page=1&page=2"
    assert response.headers["Link"] == f'<{own}>; rel="self"'


@pytest.mark.parametrize("said", ["{etag}", "W/{etag}", '"other", {etag}', "*"])
def test_an_etag_of_a_search_feed_is_compared_exactly(wheat: Harness, said: str) -> None:
    first = wheat.get("/search/feed.atom?q=wheat")
    condition = said.format(etag=first.headers["ETag"])
    again = wheat.get("/search/feed.atom?q=wheat", headers={"If-None-Match": condition})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]


def test_a_page_of_a_search_feed_has_at_most_the_maximum(site: Harness) -> None:
    site.publish_many(60)
    assert len(titles(site, "")) == 50
    assert len(titles(site, "per_page=60")) == 60


@pytest.mark.parametrize(("length", "entries"), [(2, 2), (500, 3)])
def test_a_search_feed_is_as_long_as_other_feeds(archive: Archive, tmp_path: Path, length: int, entries: int) -> None:
    with open_harness(archive, tmp_path, feed_length=length) as harness:
        for day in (1, 2, 3):
            harness.posted(title=f"Story {day}", published=f"2026-01-0{day}")
        harness.deliver()
        found = harness.get("/search/feed.json").json
        assert len(found["items"]) == entries
        assert found.get("next_url") == ("https://news.example.org/search/feed.json?page=2" if entries < 3 else None)


def test_a_preflight_for_a_search_feed_is_answered_as_for_any_feed(harness: Harness) -> None:
    harness.deliver()
    script = {"Origin": "https://reader.example", "Access-Control-Request-Method": "GET"}
    kept, made = (harness.get(path, script, method="OPTIONS") for path in ("/feed.atom", "/search/feed.atom?q=x"))
    assert (made.status_code, dict(made.headers)) == (kept.status_code, dict(kept.headers))
    assert "If-None-Match" in made.headers["Access-Control-Allow-Headers"]
    assert harness.get("/search/feed.atom?q=x", method="POST").status_code == 405


def test_a_search_feed_has_caching_headers_with_stale_if_error_and_vary(wheat: Harness) -> None:
    answer = wheat.get("/search/feed.atom?q=wheat")
    assert answer.headers["Cache-Control"].endswith(", stale-if-error=86400")
    assert set(answer.vary) == {"Accept-Encoding", "Sec-Fetch-Dest"}


def test_an_unchanged_search_feed_is_304(wheat: Harness) -> None:
    first = wheat.get("/search/feed.atom?q=wheat")
    assert "Last-Modified" not in first.headers
    again = wheat.get("/search/feed.atom?q=wheat", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    wheat.publish(title="More wheat", published="2026-01-05")
    later = wheat.get("/search/feed.atom?q=wheat", headers={"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200


def test_unreadable_values_are_refused(wheat: Harness) -> None:
    answer = wheat.get("/search/feed.atom?from=yesterday")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (400, "*")
    assert wheat.get("/search/feed.xml").status_code in (301, 404)


def test_the_search_page_links_to_its_feeds(wheat: Harness) -> None:
    page = wheat.page("/search?q=wheat&tag=usa&sort=newest&page=1")
    for selector in ("link[rel=alternate][type*=atom]", ".subscribe a[type*=atom]"):
        [href] = page.values(selector, "href")
        assert href == "https://news.example.org/search/feed.atom?q=wheat&tag=usa"
    assert titles(wheat, urlsplit(href).query) == ["Wheat wheat wheat"]
    assert page.value("link[rel=alternate][type*=atom]", "title") == "“wheat”, usa – Example News (Atom)"


def test_a_search_without_hits_has_a_feed(wheat: Harness) -> None:
    assert wheat.page("/search?q=barley").values("link[rel=alternate][type*=rss]", "href")
