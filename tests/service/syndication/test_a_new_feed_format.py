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
from tests.support.newsstand import Page
from tests.support.office import Office, open_office

BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def office(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A site with two articles and a new format."""
    monkeypatch.setitem(FORMATS, CSV.suffix, CSV)  # the one registration
    with open_office(archive, tmp_path) as office:
        office.posted(title="Wheat", section="Grain", tags=["El Salvador"], published="2026-03-01T12:00:00Z")
        office.posted(title="Rye", section="Grain", published="2026-03-02T12:00:00Z")
        office.deliver()
        office.later(days=1)
        yield office


def titles(answer: TestResponse) -> list[str]:
    return [row[1] for row in csv.reader(answer.text.splitlines()[1:])]


def a_page(office: Office, path: str, headers: dict[str, str] | None = None) -> Page:
    answer = office.get(path, headers)
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
def test_every_list_has_a_feed_with_the_media_type(office: Office, path: str, expected: list[str]) -> None:
    answer = office.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert titles(answer) == expected
    assert f'<https://news.example.org{path}>; rel="self"' in answer.headers["Link"]
    assert office.get(path, {"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_client_that_asks_for_a_delta_gets_the_new_entries(office: Office) -> None:
    etag = office.get("/feed.csv").headers["ETag"]
    office.posted(title="Barley")
    office.deliver()
    answer = office.get("/feed.csv", {"If-None-Match": etag, "A-IM": "feed"})
    assert (answer.status_code, titles(answer)) == (226, ["Barley"])


def test_a_format_without_tombstones_is_sent_whole_after_a_withdrawal(office: Office) -> None:
    article = office.posted(title="Barley")
    office.deliver()
    etag = office.get("/feed.csv").headers["ETag"]
    assert office.changed("DELETE", article).status_code == 200
    office.deliver()
    answer = office.get("/feed.csv", {"If-None-Match": etag, "A-IM": "feed"})
    assert (answer.status_code, titles(answer)) == (200, ["Rye", "Wheat"])


def test_a_feed_that_has_lost_its_last_entry_is_gone_after_ninety_days(office: Office) -> None:
    article = office.posted(title="Barley", tags=["barley"])
    office.deliver()
    assert office.changed("DELETE", article).status_code == 200
    office.deliver()
    assert titles(office.get("/tags/barley/feed.csv")) == []
    office.later(days=91)
    statuses = [office.get(path).status_code for path in ("/tags/barley/feed.csv", "/tags/el-salvador/feed.csv")]
    assert statuses == [410, 200]


def test_a_browser_that_opens_it_gets_the_page_about_the_feed(office: Office) -> None:
    for path in ("/tags/el-salvador/feed.csv", "/search/feed.csv?q=rye"):
        page = a_page(office, path, BROWSER)
        assert f"https://news.example.org{path}" in page.source
        assert page.texts(".subscribe .feeds a") == [one.title for one in FORMATS.values() if one is not CSV]


def test_pages_offer_it_to_people_and_to_browsers(office: Office) -> None:
    for path, feed in (
        ("/", "/feed.csv"),
        ("/tags/el-salvador/", "/tags/el-salvador/feed.csv"),
        ("/search?q=rye", "/search/feed.csv?q=rye"),
    ):
        page = a_page(office, path)
        assert page.values("link[rel=alternate][type='text/csv']", "href") == [f"https://news.example.org{feed}"]
        assert f"https://news.example.org{feed}" in page.values(".feeds a[type='text/csv']", "href")


def test_the_page_of_all_feeds_explains_and_lists_it(office: Office) -> None:
    page = a_page(office, "/feeds")
    assert "RSS, Atom, JSON Feed and CSV carry the same articles" in page.texts(".intro")[1]
    assert "feed.rss, feed.atom, feed.json or feed.csv to its address" in page.texts(".intro")[1]
    assert "https://news.example.org/tags/el-salvador/feed.csv" in page.values(".feeds a", "href")


def test_the_subscription_list_still_has_each_list_once(office: Office) -> None:
    outlines = etree.fromstring(office.get("/feeds.opml").data).findall("body/outline")
    assert [one.get("xmlUrl").removeprefix("https://news.example.org") for one in outlines] == [
        "/feed.atom",
        "/sections/grain/feed.atom",
        "/tags/el-salvador/feed.atom",
    ]


def test_a_search_has_it_too(office: Office) -> None:
    answer = office.get("/search/feed.csv?section=grain&per_page=1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert titles(answer) == ["Rye"]
    assert answer.text.startswith("id,title,https://news.example.org/search/feed.csv?section=grain&per_page=1")


def test_a_label_as_people_write_it_leads_to_the_feed(office: Office) -> None:
    answer = office.get("/tags/El%20Salvador/feed.csv")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/tags/el-salvador/feed.csv")


def test_the_archive_of_the_sites_feed_has_it(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, CSV.suffix, CSV)
    with open_office(archive, tmp_path, feed_length=1) as office:
        office.posted(title="Old", published="2026-01-01T12:00:00Z")
        office.posted(title="New", published="2026-02-01T12:00:00Z")
        office.deliver()
        assert titles(office.get("/feed.csv")) == ["New"]
        assert titles(office.get("/archive/2026/01/feed.csv")) == ["Old"]
        assert "January 2026" in a_page(office, "/archive/2026/01/feed.csv", BROWSER).source


def test_a_static_export_has_it(office: Office, tmp_path: Path) -> None:
    export_static(office.dateline, create_app(office.dateline), tmp_path / "site")
    for path in ("/feed.csv", "/tags/el-salvador/feed.csv"):
        assert (tmp_path / "site" / path.lstrip("/")).read_bytes() == office.get(path).data


def test_nothing_is_amiss_with_it(office: Office) -> None:
    assert check_all(office.dateline) == []


@pytest.mark.parametrize("path", ["/feed.tsv", "/tags/el-salvador/feed.tsv", "/search/feed.tsv?q=rye"])
def test_a_format_that_is_not_in_the_table_is_not_found(office: Office, path: str) -> None:
    assert office.get(path).status_code == 404
    assert office.get(path, BROWSER).status_code == 404


def test_a_site_that_has_feeds_already_gets_the_new_one_for_every_list_once(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_office(archive, tmp_path) as office:
        office.posted(title="Wheat", tags=["wheat"])
        office.deliver()
        assert office.get("/feed.csv").status_code == 404
        monkeypatch.setitem(FORMATS, CSV.suffix, CSV)
        office.worker = Worker(office.dateline)
        office.deliver()
        assert titles(office.get("/tags/wheat/feed.csv")) == ["Wheat"]
        built = archive.changes.head()
        office.worker = Worker(office.dateline)
        office.deliver()
        assert archive.changes.head() == built


def test_a_line_without_its_module_or_writer_is_refused() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"feeds.formats.tsv"):
        writer_of(Format("tsv", "TSV", "text/tab-separated-values", b"\n", "feeds.formats.tsv"))
    with pytest.raises(TypeError, match=r"feeds.formats.podcasts must define WRITER"):
        writer_of(Format("tsv", "TSV", "text/tab-separated-values", b"\n", "feeds.formats.podcasts"))
