"""A feed format added by one line in the table of formats works everywhere, without further changes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from werkzeug.test import TestResponse

from archive.store.archive import Archive
from feeds.format import FORMATS, Format
from feeds.formats.registry import writer_of
from service.maintenance.check import check_all
from service.maintenance.static_export import export_static
from service.web.app import create_app
from service.worker.scheduler import Worker
from tests.support.csv_feed import CSV
from tests.support.harness import Harness, Page, open_harness

BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def harness(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """A site with two articles and a new format."""
    monkeypatch.setitem(FORMATS, CSV.suffix, CSV)  # the one registration
    with open_harness(archive, tmp_path) as harness:
        harness.posted(title="Wheat", section="Grain", tags=["El Salvador"], published="2026-03-01T12:00:00Z")
        harness.posted(title="Rye", section="Grain", published="2026-03-02T12:00:00Z")
        harness.deliver()
        harness.later(days=1)
        yield harness


def titles(answer: TestResponse) -> list[str]:
    return [row[1] for row in csv.reader(answer.text.splitlines()[1:])]


def a_page(harness: Harness, path: str, headers: dict[str, str] | None = None) -> Page:
    answer = harness.get(path, headers)
    assert answer.status_code == 200, path
    assert answer.mimetype == "text/html"
    return Page(answer.text)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/feed.csv", ["Rye", "Wheat"]),
        ("/sections/grain/feed.csv", ["Rye", "Wheat"]),
        ("/tags/el-salvador/feed.csv", ["Wheat"]),
        ("/2026/03/02/feed.csv", ["Rye"]),
    ],
)
def test_every_list_has_a_feed_with_the_media_type(harness: Harness, path: str, expected: list[str]) -> None:
    answer = harness.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert titles(answer) == expected
    assert f'<https://news.example.org{path}>; rel="self"' in answer.headers["Link"]
    assert harness.get(path, {"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_client_that_asks_for_a_delta_gets_the_new_entries(harness: Harness) -> None:
    etag = harness.get("/feed.csv").headers["ETag"]
    harness.posted(title="Barley")
    harness.deliver()
    answer = harness.get("/feed.csv", {"If-None-Match": etag, "A-IM": "feed"})
    assert (answer.status_code, titles(answer)) == (226, ["Barley"])


def test_a_format_without_tombstones_is_sent_whole_after_a_withdrawal(harness: Harness) -> None:
    article = harness.posted(title="Barley")
    harness.deliver()
    etag = harness.get("/feed.csv").headers["ETag"]
    assert harness.changed("DELETE", article).status_code == 200
    harness.deliver()
    answer = harness.get("/feed.csv", {"If-None-Match": etag, "A-IM": "feed"})
    assert (answer.status_code, titles(answer)) == (200, ["Rye", "Wheat"])


def test_a_feed_that_has_lost_its_last_entry_is_gone_after_ninety_days(harness: Harness) -> None:
    article = harness.posted(title="Barley", tags=["barley"])
    harness.deliver()
    assert harness.changed("DELETE", article).status_code == 200
    harness.deliver()
    assert titles(harness.get("/tags/barley/feed.csv")) == []
    harness.later(days=91)
    statuses = [harness.get(path).status_code for path in ("/tags/barley/feed.csv", "/tags/el-salvador/feed.csv")]
    assert statuses == [410, 200]


def test_a_browser_that_opens_it_gets_the_page_about_the_feed(harness: Harness) -> None:
    for path in ("/tags/el-salvador/feed.csv", "/search/feed.csv?q=rye"):
        page = a_page(harness, path, BROWSER)
        assert f"https://news.example.org{path}" in page.source
        assert page.texts(".subscribe .feeds a") == [one.title for one in FORMATS.values() if one is not CSV]


def test_pages_offer_it_to_people_and_to_browsers(harness: Harness) -> None:
    for path, feed in (
        ("/", "/feed.csv"),
        ("/tags/el-salvador/", "/tags/el-salvador/feed.csv"),
        ("/search?q=rye", "/search/feed.csv?q=rye"),
    ):
        page = a_page(harness, path)
        assert page.values("link[rel=alternate][type='text/csv']", "href") == [f"https://news.example.org{feed}"]
        assert f"https://news.example.org{feed}" in page.values(".feeds a[type='text/csv']", "href")


def test_the_page_of_all_feeds_explains_and_lists_it(harness: Harness) -> None:
    page = a_page(harness, "/feeds")
    assert "RSS, Atom, JSON Feed and CSV have the same articles" in page.texts(".intro")[1]
    assert "feed.rss, feed.atom, feed.json or feed.csv to its address" in page.texts(".intro")[1]
    assert "https://news.example.org/tags/el-salvador/feed.csv" in page.values(".feeds a", "href")


def test_the_subscription_list_still_has_each_list_once(harness: Harness) -> None:
    outlines = etree.fromstring(harness.get("/feeds.opml").data).findall("body/outline")
    assert [one.attrib["xmlUrl"].removeprefix("https://news.example.org") for one in outlines] == [
        "/feed.atom",
        "/sections/grain/feed.atom",
        "/tags/el-salvador/feed.atom",
    ]


def test_a_search_has_it_too(harness: Harness) -> None:
    answer = harness.get("/search/feed.csv?section=grain&per_page=1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert titles(answer) == ["Rye"]
    assert answer.text.startswith("id,title,https://news.example.org/search/feed.csv?section=grain&per_page=1")


def test_a_label_as_people_write_it_leads_to_the_feed(harness: Harness) -> None:
    answer = harness.get("/tags/El%20Salvador/feed.csv")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/tags/el-salvador/feed.csv")


def test_the_archive_of_the_sites_feed_has_it(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, CSV.suffix, CSV)
    with open_harness(archive, tmp_path, feed_length=1) as harness:
        harness.posted(title="Old", published="2026-01-01T12:00:00Z")
        harness.posted(title="New", published="2026-02-01T12:00:00Z")
        harness.deliver()
        assert titles(harness.get("/feed.csv")) == ["New"]
        assert titles(harness.get("/archive/2026/01/feed.csv")) == ["Old"]
        assert "January 2026" in a_page(harness, "/archive/2026/01/feed.csv", BROWSER).source


def test_a_static_export_has_it(harness: Harness, tmp_path: Path) -> None:
    export_static(harness.dateline, create_app(harness.dateline), tmp_path / "site")
    for path in ("/feed.csv", "/tags/el-salvador/feed.csv"):
        assert (tmp_path / "site" / path.lstrip("/")).read_bytes() == harness.get(path).data


def test_nothing_is_amiss_with_it(harness: Harness) -> None:
    assert check_all(harness.dateline) == []


@pytest.mark.parametrize("path", ["/feed.tsv", "/tags/el-salvador/feed.tsv", "/search/feed.tsv?q=rye"])
def test_a_format_that_is_not_in_the_table_is_not_found(harness: Harness, path: str) -> None:
    assert harness.get(path).status_code == 404
    assert harness.get(path, BROWSER).status_code == 404


def test_a_site_that_has_feeds_already_gets_the_new_one_for_every_list_once(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_harness(archive, tmp_path) as harness:
        harness.posted(title="Wheat", tags=["wheat"])
        harness.deliver()
        assert harness.get("/feed.csv").status_code == 404
        monkeypatch.setitem(FORMATS, CSV.suffix, CSV)
        harness.worker = Worker(harness.dateline)
        harness.deliver()
        assert titles(harness.get("/tags/wheat/feed.csv")) == ["Wheat"]
        built = archive.changes.head()
        harness.worker = Worker(harness.dateline)
        harness.deliver()
        assert archive.changes.head() == built


def test_a_line_without_its_module_or_writer_is_refused() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"feeds.formats.tsv"):
        writer_of(Format("tsv", "TSV", "text/tab-separated-values", b"\n", "feeds.formats.tsv"))
    with pytest.raises(TypeError, match=r"feeds.formats.podcasts must define WRITER"):
        writer_of(Format("tsv", "TSV", "text/tab-separated-values", b"\n", "feeds.formats.podcasts"))
