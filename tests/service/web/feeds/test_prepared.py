"""Prepared documents over WSGI: headers, conditions, caching, and failures of the archive."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import Client, EnvironBuilder

from archive.errors import ArchiveUnavailable
from archive.store.archive import Archive
from archive.store.feed_history import FeedHistory
from archive.store.renditions import Rendition
from feeds.content_codings import codings
from feeds.format import FORMATS
from service.web.feeds.prepared import CHECK_INTERVAL, PAUSE, PreparedDocuments
from tests.support.builders import NOON, SITE
from tests.support.harness import Harness

OUTBOX: dict[str, Any] = {"owner": "test", "now": NOON, "duration": timedelta(hours=1)}


class Stand:
    """Stored documents behind PreparedDocuments, with a clock for dates and ticks for checks."""

    def __init__(self, archive: Archive, max_bytes: int = 1_000_000) -> None:
        self.archive = archive
        self.now = NOON
        self.tick = 0.0
        self.away = False
        lease = archive.changes.acquire("test", **OUTBOX)
        assert lease is not None
        self.lease = lease
        self.looks: list[str] = []
        self.renditions = WatchedRenditions(self)
        self.app = PreparedDocuments(
            self, self._otherwise, clock=lambda: self.now, max_bytes=max_bytes, ticks=self._ticks
        )
        self.client = Client(self.app)

    def put(self, path: str, body: bytes, *, media_type: str = "application/atom+xml; charset=utf-8") -> None:
        rendition = Rendition(path, media_type, self.now, self.archive.changes.head(), codings(body))
        self.archive.renditions.put([rendition], self.lease)

    def wait(self) -> None:
        self.tick += CHECK_INTERVAL + PAUSE + 1

    def _ticks(self) -> float:
        return self.tick

    def _otherwise(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("404 Not Found", [("Content-Length", "0")])
        return []

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"of an archive, the stand has only the renditions: no {name}")


class WatchedRenditions:
    """A stand's renditions, each read of which is recorded in `stand.looks`."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.stored = stand.archive.renditions

    def get(self, path: str) -> Rendition | None:
        self._look(path)
        return self.stored.get(path)

    def etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        self._look(*paths)
        return self.stored.etags(paths)

    def history(self, path: str) -> FeedHistory | None:
        self._look(path)
        return self.stored.history(path)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"prepared documents are not expected to call renditions.{name}")

    def _look(self, *paths: str) -> None:
        if self.stand.away:
            raise ArchiveUnavailable("away")
        self.stand.looks += paths


@pytest.fixture
def stand(archive: Archive) -> Stand:
    stand = Stand(archive)
    stand.put("/feed.atom", b"<feed/>" * 100)
    return stand


@pytest.mark.parametrize(
    ("headers", "at_once"),
    [
        ({}, True),
        ({"If-None-Match": '"other"', "Accept-Encoding": "br"}, True),
        ({"Range": "bytes=0-9"}, True),
        ({"A-IM": "feed", "If-None-Match": '"other"'}, False),  # needs the history
        ({"Sec-Fetch-Dest": "document"}, False),  # a page, from the application
    ],
    ids=["plain", "conditional", "a part", "a delta", "a browser"],
)
def test_a_cached_document_is_answered_without_a_query(stand: Stand, headers: dict[str, str], at_once: bool) -> None:
    asked = EnvironBuilder("/feed.atom", headers=Headers(headers)).get_environ()
    assert stand.app.answer_from_memory(asked) is None  # not cached yet
    stand.client.get("/feed.atom")
    looks = len(stand.looks)
    ready = stand.app.answer_from_memory(asked)
    assert (ready is not None) == at_once
    if ready is not None:
        answer = stand.client.open(asked)
        assert (answer.status, list(answer.headers), answer.data) == ready
        assert len(stand.looks) == looks
    stand.tick += CHECK_INTERVAL * 1.1
    assert stand.app.answer_from_memory(asked) is None


def test_the_first_answer_has_everything(stand: Stand) -> None:
    answer = stand.client.get("/feed.atom")
    assert (answer.status_code, answer.data) == (200, b"<feed/>" * 100)
    assert dict(answer.headers) == {
        "ETag": codings(b"<feed/>" * 100)["identity"].etag,
        "Cache-Control": "max-age=60, stale-while-revalidate=60, stale-if-error=86400",
        "Vary": "Accept-Encoding, Sec-Fetch-Dest",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "application/atom+xml; charset=utf-8",
        "Content-Length": "700",
        "Accept-Ranges": "bytes",
        "Last-Modified": "Sat, 14 Mar 2026 12:00:00 GMT",
    }


def test_a_document_that_browsers_open_too_varies_by_coding_alone(stand: Stand) -> None:
    stand.put("/sitemap.xml", b"<urlset/>", media_type="application/xml")
    assert stand.client.get("/sitemap.xml").headers["Vary"] == "Accept-Encoding"


def test_head_is_get_without_the_body(stand: Stand) -> None:
    get, head = stand.client.get("/feed.atom"), stand.client.head("/feed.atom")
    assert (head.status_code, head.data, dict(head.headers)) == (200, b"", dict(get.headers))


def test_a_304_says_what_the_200_said_about_caching_rfc9110_15_4_5(stand: Stand) -> None:
    full = stand.client.get("/feed.atom")
    bare = stand.client.get("/feed.atom", headers={"If-None-Match": full.headers["ETag"]})
    assert (bare.status_code, bare.data) == (304, b"")
    kept = {name: value for name, value in full.headers.items() if not name.startswith(("Content-", "Accept-"))}
    assert dict(bare.headers) == kept


def test_a_condition_on_head_is_the_same(stand: Stand) -> None:
    assert stand.client.head("/feed.atom", headers={"If-None-Match": "*"}).status_code == 304


def test_a_failed_precondition_is_412(stand: Stand) -> None:
    answer = stand.client.get("/feed.atom", headers={"If-Match": '"other"'})
    assert (answer.status_code, answer.data) == (412, b"")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br, zstd", {"br", "zstd"}),  # the smallest
        ("gzip, br;q=0.9", {"gzip"}),
        ("zstd;q=0.5, br;q=0", {"zstd"}),
        ("identity, *;q=0.5", {None}),
    ],
)
def test_the_preferred_coding_is_sent_of_equal_ones_the_smallest(
    stand: Stand, accepted: str, sent: set[str | None]
) -> None:
    answer = stand.client.get("/feed.atom", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") in sent


def test_a_client_with_another_coding_of_the_document_gets_304(stand: Stand) -> None:
    packed = stand.client.get("/feed.atom", headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    browser = {"Accept-Encoding": "gzip, br, zstd", "If-None-Match": packed}
    again = stand.client.get("/feed.atom", headers=browser)
    assert (again.status_code, again.headers["ETag"]) == (304, packed)
    unable = {"Accept-Encoding": "br", "If-None-Match": packed}
    assert stand.client.get("/feed.atom", headers=unable).status_code == 200


def test_gzip_is_a_representation_of_its_own(stand: Stand) -> None:
    plain = stand.client.get("/feed.atom")
    packed = stand.client.get("/feed.atom", headers={"Accept-Encoding": "deflate, gzip;q=0.8"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert stand.client.get("/feed.atom", headers=again).status_code == 304
    assert stand.client.get("/feed.atom", headers={"If-None-Match": packed.headers["ETag"]}).status_code == 200


def test_last_modified_is_sent_only_after_that_second_has_come(stand: Stand) -> None:
    stand.now = NOON - timedelta(milliseconds=300)
    early = stand.client.get("/feed.atom", headers={"If-Modified-Since": "Sat, 14 Mar 2026 12:00:00 GMT"})
    assert (early.status_code, early.headers.get("Last-Modified")) == (200, None)
    stand.now = NOON
    assert stand.client.get("/feed.atom").headers["Last-Modified"] == "Sat, 14 Mar 2026 12:00:00 GMT"


def test_thousands_of_requests_cost_one_query(stand: Stand) -> None:
    for _ in range(1000):
        stand.client.get("/feed.atom")
    assert stand.looks == ["/feed.atom"]


def test_new_bytes_are_sent_after_the_next_check(stand: Stand) -> None:
    stand.client.get("/feed.atom")
    stand.put("/feed.atom", b"<new/>")
    assert stand.client.get("/feed.atom").data == b"<feed/>" * 100
    stand.wait()
    assert stand.client.get("/feed.atom").data == b"<new/>"


def test_a_cached_document_is_served_while_the_archive_fails(stand: Stand) -> None:
    stand.client.get("/feed.atom")
    stand.away = True
    stand.wait()
    assert stand.client.get("/feed.atom").status_code == 200
    stand.away = False
    stand.put("/feed.atom", b"<new/>")
    stand.wait()
    assert stand.client.get("/feed.atom").data == b"<new/>"


def test_a_document_that_is_not_cached_is_503_while_the_archive_fails(stand: Stand) -> None:
    stand.away = True
    answer = stand.client.get("/feed.atom")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_memory_is_bounded_and_the_least_recently_checked_document_is_evicted(archive: Archive) -> None:
    stand = Stand(archive, max_bytes=2500)
    for name in "abcd":
        stand.put(f"/tags/{name}/feed.atom", name.encode() * 1000)
    for name in "ab":
        stand.client.get(f"/tags/{name}/feed.atom")
    stand.wait()
    stand.client.get("/tags/a/feed.atom")  # checked again: b is evicted
    stand.client.get("/tags/c/feed.atom")
    stand.looks.clear()
    for name in "acb":
        stand.client.get(f"/tags/{name}/feed.atom")
    assert stand.looks == ["/tags/b/feed.atom"]
    assert stand.app.size_bytes <= 2500


def test_a_document_larger_than_the_cache_is_sent(archive: Archive) -> None:
    stand = Stand(archive, max_bytes=100)
    stand.put("/feed.json", bytes(range(256)) * 9)
    assert stand.client.get("/feed.json").data == bytes(range(256)) * 9


@pytest.mark.parametrize("path", ["/tags/a%C3%B1o/feed.atom", "/tags/%E5%B0%8F%E9%BA%A6/feed.atom"])
def test_labels_of_any_script_are_found_by_their_encoded_paths(stand: Stand, path: str) -> None:
    stand.put("/tags/año/feed.atom", b"<feed/>")
    stand.put("/tags/小麦/feed.atom", b"<feed/>")
    assert stand.client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/tags/%FF/feed.atom", "/tags/%00/feed.atom", "/tags/none/feed.atom", "/", "/feed.txt"]
)
def test_other_paths_go_to_the_application(stand: Stand, path: str) -> None:
    assert stand.client.get(path).status_code == 404


def test_other_methods_are_refused_and_a_preflight_is_answered(stand: Stand) -> None:
    posted = stand.client.post("/feed.atom", data=b"x")
    asked = stand.client.options("/feed.atom", headers={"Access-Control-Request-Method": "GET"})
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")


@pytest.mark.parametrize(
    ("guess", "right"),
    [
        ("/feed", "/feed.rss"),
        ("/feed/", "/feed.rss"),
        ("/rss", "/feed.rss"),
        ("/rss.xml", "/feed.rss"),
        ("/index.xml", "/feed.rss"),
        ("/feed.xml", "/feed.rss"),
        ("/feed/rss/", "/feed.rss"),
        ("/atom.xml", "/feed.atom"),
        ("/feed/atom/", "/feed.atom"),
        ("/feed/json", "/feed.json"),
        ("/feed/rss2/", "/feed.rss"),
        ("/wp-atom.php", "/feed.atom"),
        ("/?feed=rss2", "/feed.rss"),
        ("/?feed=atom", "/feed.atom"),
        ("/feeds/", "/feeds"),
        ("/tags/El%20Salvador/feed.atom", "/tags/el-salvador/feed.atom"),
        ("/sections/GRAIN/feed.json", "/sections/grain/feed.json"),
        ("/tags/A%C3%91O/feed.rss", "/tags/a%C3%B1o/feed.rss"),
    ],
)
def test_guessed_addresses_redirect_to_the_feed(harness: Harness, guess: str, right: str) -> None:
    answer = harness.get(guess)
    assert (answer.status_code, answer.headers["Location"]) == (301, right)
    assert right == "/feeds" or answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("guess", "right"),
    [
        ("/tag/Wheat/feed/", "/tags/wheat/feed.rss"),
        ("/tag/wheat/feed/atom/", "/tags/wheat/feed.atom"),
        ("/tag/wheat/rss/", "/tags/wheat/feed.rss"),
        ("/tags/wheat/index.xml", "/tags/wheat/feed.rss"),
        ("/category/grain/feed", "/sections/grain/feed.rss"),
        ("/category/wheat/feed", "/tags/wheat/feed.rss"),
        ("/author/ada-lovelace/feed/rss2/", "/authors/ada-lovelace/feed.rss"),
        ("/authors/Ada%20Lovelace/atom.xml", "/authors/ada-lovelace/feed.atom"),
    ],
)
def test_list_addresses_of_other_systems_redirect_to_the_feed_of_the_list(
    harness: Harness, guess: str, right: str
) -> None:
    harness.posted(tags=["wheat"], section="grain", authors=["Ada Lovelace"])
    harness.deliver()
    answer = harness.get(guess)
    assert (answer.status_code, answer.headers["Location"]) == (301, right)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert harness.get(right).status_code == 200


@pytest.mark.parametrize("guess", ["/tag/none/feed/", "/tag/%2E%2E/feed/", "/tag/%0A/rss/", "/tag/wheat/comments"])
def test_no_redirect_leads_to_a_missing_feed(harness: Harness, guess: str) -> None:
    assert harness.get(guess).status_code == 404


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_feed_whose_list_has_become_empty_is_gone_when_its_tombstones_expire(harness: Harness, suffix: str) -> None:
    feed = f"/tags/wheat/{suffix}"
    article = harness.posted(tags=["wheat"])
    harness.deliver()
    article = harness.changed("PATCH", article, {"tags": ["rye"]}).json
    harness.deliver()
    etag = harness.get(feed).headers["ETag"]
    harness.later(days=89)
    assert harness.get(feed).status_code == 200
    harness.later(days=1, seconds=1)
    for headers in ({}, {"If-None-Match": etag}, {"Sec-Fetch-Dest": "document"}):
        answer = harness.get(feed, headers)
        assert (answer.status_code, answer.content_type) == (410, "text/plain; charset=utf-8")
        assert (answer.headers["Cache-Control"], answer.headers["Access-Control-Allow-Origin"]) == ("max-age=3600", "*")
    head = harness.get(feed, method="HEAD")
    assert (head.status_code, head.data, dict(head.headers)) == (410, b"", dict(answer.headers))
    harness.changed("PATCH", article, {"tags": ["wheat"]})
    harness.deliver()
    assert harness.get(feed).status_code == 200


@pytest.mark.parametrize("path", ["/feed.atom", "/archive/2026/03/feed.atom"])
def test_the_sites_own_feed_and_its_archive_are_never_gone(stand: Stand, path: str) -> None:
    stand.put(path, b"<feed></feed>")
    stand.put("/tags/wheat/feed.atom", b"<feed></feed>")
    stand.now += timedelta(days=400)
    assert stand.client.get(path).status_code == 200
    gone = stand.client.get("/tags/wheat/feed.atom")
    assert gone.status_code == 410
    asked = EnvironBuilder("/tags/wheat/feed.atom").get_environ()
    assert stand.app.answer_from_memory(asked) == (gone.status, list(gone.headers), gone.data)


def test_a_feed_that_has_entries_stays_however_old_they_are(harness: Harness) -> None:
    harness.posted(tags=["wheat"], published="1987-03-11")
    harness.deliver()
    harness.later(days=4000)
    for suffix in FORMATS:
        assert harness.get(f"/tags/wheat/{suffix}").status_code == 200


def test_a_feed_links_to_itself_and_to_its_hub(stand: Stand) -> None:
    stand.app.site = replace(SITE, hub="https://hub.example/")
    volume = "/archive/2026/03/feed.atom"
    stand.put(volume, b"<feed/>")
    hub, own = '<https://hub.example/>; rel="hub"', '<https://news.example.org{}>; rel="self"'
    assert stand.client.get("/feed.atom").headers["Link"] == f"{hub}, {own.format('/feed.atom')}"
    assert stand.client.get(volume).headers["Link"] == own.format(volume)


def test_a_feed_without_a_hub_links_to_itself(stand: Stand) -> None:
    stand.app.site = SITE
    assert stand.client.get("/feed.atom").headers["Link"] == '<https://news.example.org/feed.atom>; rel="self"'


@pytest.mark.parametrize(
    "path", ["/tags/none/feed.atom", "/tags/../feed.atom", "/tags/%0A/feed.atom", "/1987/03/feed.rss"]
)
def test_a_missing_feed_is_404(harness: Harness, path: str) -> None:
    answer = harness.get(path)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")
    assert "Access-Control-Allow-Origin" not in harness.get("/nothing/here").headers


def test_redirects_of_the_router_name_no_host(harness: Harness) -> None:
    answer = harness.get("/archive", {"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/archive/")
