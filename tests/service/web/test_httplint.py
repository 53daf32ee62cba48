"""Every kind of response passes httplint, the engine of REDbot: no errors, and only explained warnings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from email.utils import formatdate

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter
from httplint.note import levels

from archive.store.archive import Archive
from tests.service.web.feeds.test_prepared import Stand
from tests.support.running import TOKEN, Answer, RunningService, running_service, wait_for

pytestmark = pytest.mark.slow

FEED = "/feed.atom"
UNCONDITIONAL_GETS = 3
READER = {"X-Forwarded-For": "203.0.113.7"}

Names = dict[str, str]


@dataclass(frozen=True)
class Kind:
    """One kind of response and the request for it. `{etag}`, `{old}` and so on are filled in."""

    status: int
    path: str = FEED
    headers: Names = field(default_factory=dict)
    method: str = "GET"
    body: bytes | None = None


SITE = "http://news.example/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SUBSCRIBE = f"hub.mode=subscribe&hub.topic={SITE}feed.atom&hub.callback=http://subscriber.example/".encode()
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
JSON = AUTHORIZED | {"Content-Type": "application/json"}
PREFLIGHT = {"Origin": "https://reader.example", "Access-Control-Request-Method": "GET"}
KINDS = {
    "feed": Kind(200),
    "feed, gzip": Kind(200, headers={"Accept-Encoding": "gzip"}),
    "feed, br": Kind(200, headers={"Accept-Encoding": "br"}),
    "feed, zstd": Kind(200, headers={"Accept-Encoding": "zstd"}),
    "RSS": Kind(200, "/feed.rss"),
    "JSON Feed": Kind(200, "/feed.json"),
    "feed, HEAD": Kind(200, method="HEAD"),
    "feed, 304": Kind(304, headers={"If-None-Match": "{etag}"}),
    "feed, 304 by date": Kind(304, headers={"If-Modified-Since": "{date}"}),
    "feed, HEAD, 304": Kind(304, headers={"If-None-Match": "{etag}"}, method="HEAD"),
    "delta": Kind(226, headers={"If-None-Match": "{old}", "A-IM": "feed"}),
    "delta, gzip": Kind(226, headers={"If-None-Match": "{old}", "A-IM": "feed", "Accept-Encoding": "gzip"}),
    "delta, JSON": Kind(226, "/feed.json", {"If-None-Match": "{old_json}", "A-IM": "feed"}),
    "part": Kind(206, headers={"Range": "bytes=100-199"}),
    "part, gzip": Kind(206, headers={"Range": "bytes=100-199", "Accept-Encoding": "gzip"}),
    "part, If-Range": Kind(206, headers={"Range": "bytes=100-", "If-Range": "{etag}"}),
    "no such part": Kind(416, headers={"Range": "bytes=99999999-"}),
    "precondition failed": Kind(412, headers={"If-Match": '"other"'}),
    "too often": Kind(429, "/feed.rss", READER),
    "feed, OPTIONS": Kind(204, method="OPTIONS"),
    "feed, preflight": Kind(204, headers=PREFLIGHT, method="OPTIONS"),
    "feed, POST": Kind(405, method="POST", body=b"x"),
    "volume": Kind(200, "/archive/2026/01/feed.atom"),
    "volume, 304": Kind(304, "/archive/2026/01/feed.atom", {"If-None-Match": "{etag_volume}"}),
    "volume, part": Kind(206, "/archive/2026/01/feed.atom", {"Range": "bytes=100-199"}),
    "guess": Kind(301, "/feed/"),
    "respelt": Kind(301, "/tags/Wheat/feed.atom"),
    "folder": Kind(308, "/tags/wheat"),
    "feed that is not there": Kind(404, "/tags/none/feed.atom"),
    "search feed": Kind(200, "/search/feed.atom?q=wheat"),
    "search feed, 304": Kind(304, "/search/feed.atom?q=wheat", {"If-None-Match": "{etag_search}"}),
    "search feed, HEAD": Kind(200, "/search/feed.atom?q=wheat", method="HEAD"),
    "search feed, OPTIONS": Kind(204, "/search/feed.atom?q=wheat", method="OPTIONS"),
    "search feed, preflight": Kind(204, "/search/feed.atom?q=wheat", PREFLIGHT, "OPTIONS"),
    "search feed, bad": Kind(400, "/search/feed.atom?from=yesterday"),
    "sitemap": Kind(200, "/sitemap.xml"),
    "sitemap, 304": Kind(304, "/sitemap.xml", {"If-None-Match": "*"}),
    "news sitemap": Kind(200, "/sitemap-news.xml"),
    "OPML": Kind(200, "/feeds.opml"),
    "OPML, 304": Kind(304, "/feeds.opml", {"If-None-Match": "{etag_opml}"}),
    "OpenSearch": Kind(200, "/opensearch.xml"),
    "robots": Kind(200, "/robots.txt"),
    "front page": Kind(200, "/"),
    "front page, 304": Kind(304, "/", {"If-None-Match": "{etag_home}"}),
    "front page, HEAD": Kind(200, "/", method="HEAD"),
    "front page, POST": Kind(405, "/", method="POST", body=b"x"),
    "article": Kind(200, "{article}"),
    "article withdrawn": Kind(410, "{withdrawn}"),
    "article moved": Kind(301, "{moved}"),
    "no page": Kind(404, "/nothing/here"),
    "list": Kind(200, "/tags/wheat/"),
    "feeds": Kind(200, "/feeds"),
    "about a feed": Kind(200, headers={"Sec-Fetch-Dest": "document"}),
    "search page": Kind(200, "/search?q=wheat"),
    "search page, bad": Kind(400, "/search?from=yesterday"),
    "static file": Kind(200, "{static}"),
    "static file, 304": Kind(304, "{static}", {"If-None-Match": "{etag_static}"}),
    "search API": Kind(200, "/api/search?q=wheat"),
    "problem": Kind(400, "/api/search?from=yesterday"),
    "OpenAPI": Kind(200, "/openapi.json"),
    "admin API": Kind(200, "/admin/articles", AUTHORIZED),
    "admin API, a stranger": Kind(401, "/admin/articles"),
    "added": Kind(201, "/admin/articles", JSON, "POST", b'{"title": "Added", "content_text": "x", "status": "draft"}'),
    "cannot be added": Kind(422, "/admin/articles", JSON, "POST", b'{"title": 5}'),
    "is there already": Kind(
        409, "/admin/articles", JSON, "POST", b'{"title": "Moved", "content_text": "x", "guid": "urn:moved"}'
    ),
    "changed in between": Kind(412, "/admin/articles/{id}", JSON | {"If-Match": '"999"'}, "PATCH", b'{"title": "x"}'),
    "of what revision": Kind(428, "/admin/articles/{id}", JSON, "PATCH", b'{"title": "x"}'),
    "hub": Kind(405, "/hub"),
    "hub, accepted": Kind(202, "/hub", FORM, "POST", SUBSCRIBE),
    "hub, bad": Kind(400, "/hub", FORM, "POST", b"hub.mode=x"),
    "hub, no form": Kind(415, "/hub", {"Content-Type": "application/json"}, "POST", b"{}"),
    "alive": Kind(200, "/healthz"),
    "ready": Kind(200, "/readyz"),
}

# Accepted warnings, each with its reason.
EXPLAINED = {
    "STATUS_BAD_REQUEST": "the requests that are answered with 400 are invalid on purpose",
    "VARY_COMPLEX": "a delta depends on all four, and only caches that support deltas store it",
    "STORE_PUBLIC_UNNECESSARY": "Flask sends it for static files, and it is harmless",
    "FRESHNESS_NO_CACHE_NO_VALIDATOR": "responses of the APIs are built for each request and must not be reused",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("service")
    with running_service(folder, SITE_URL=SITE, UNCONDITIONAL_GETS=UNCONDITIONAL_GETS, FEED_LENGTH=5) as running:
        yield running


@pytest.fixture(scope="module")
def names(service: RunningService) -> Names:
    """URLs and ETags for the requests, of a site with some history."""
    feeds = (FEED, "/feed.json")
    with service.client() as client:
        for month in (1, 2):  # the feed is so short that January is in the archive documents
            for day in range(1, 5):
                published = f"2026-{month:02}-{day:02}"
                client.posted(
                    title=f"Story {published}", content_text="Wheat. " * 99, published=published, tags=["wheat"]
                )
        withdrawn = client.posted(title="Withdrawn", content_text="Wheat.")
        client.admin("DELETE", f"/articles/{withdrawn['id']}", headers={"If-Match": "*"})
        moved = client.posted(title="Moved", content_text="Rye.", guid="urn:moved")
        client.admin("PATCH", f"/articles/{moved['id']}", {"slug": "elsewhere"}, {"If-Match": "*"})
        wait_for("all is delivered", client.delivered)
        # Stored is not yet served: a web process checks for new bytes every tenth of a second.
        wait_for("the feeds have it all", lambda: all(b"/elsewhere" in client.get(path).body for path in feeds))
        old = {path: client.get(path).headers["ETag"] for path in feeds}
        article = client.posted(title="New", content_text="Wheat. " * 99, tags=["wheat"])
        wait_for("all is delivered", client.delivered)
        wait_for("the feeds are new", lambda: all(client.get(path).headers["ETag"] != old[path] for path in feeds))
        wait_for("the feed has a date", lambda: client.get(FEED).headers["Last-Modified"])
        static = next(
            part for part in client.get("/").body.decode().split('"') if part.startswith("/static/dateline.css")
        )
        for _ in range(UNCONDITIONAL_GETS):
            client.get("/feed.rss", READER)
        return {
            "etag": client.get(FEED).headers["ETag"],
            "date": client.get(FEED).headers["Last-Modified"],
            "old": old[FEED],
            "old_json": old["/feed.json"],
            "etag_volume": client.get("/archive/2026/01/feed.atom").headers["ETag"],
            "etag_opml": client.get("/feeds.opml").headers["ETag"],
            "etag_search": client.get("/search/feed.atom?q=wheat").headers["ETag"],
            "etag_home": client.get("/").headers["ETag"],
            "etag_static": client.get(static).headers["ETag"],
            "id": article["id"],
            "article": _path(article),
            "withdrawn": _path(withdrawn),
            "moved": _path(moved),
            "static": static,
        }


def _path(article: dict[str, str]) -> str:
    return "/" + article["url"].split("/", 3)[3]


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_wrong_with_an_answer(service: RunningService, names: Names, name: str) -> None:
    kind = KINDS[name]
    path, headers = kind.path.format_map(names), {key: value.format_map(names) for key, value in kind.headers.items()}
    with service.client() as client:
        if kind.status == 429:
            for _ in range(UNCONDITIONAL_GETS):
                client.get(path, headers)
        answer = client.ask(kind.method, path, kind.body, {"Accept-Encoding": "identity", **headers})
    assert answer.status == kind.status, answer.body
    found = linted(kind.method, f"http://127.0.0.1:{service.port}{path}", headers, answer)
    assert {note: text for note, text in found.items() if note not in EXPLAINED} == {}


@pytest.mark.parametrize(("status", "days", "away"), [(503, 0, True), (410, 91, False)], ids=["away", "gone"])
def test_nothing_is_wrong_with_an_answer_that_takes_time_to_come(
    archive: Archive, status: int, days: int, away: bool
) -> None:
    stand = Stand(archive)
    stand.put("/tags/wheat/feed.atom", b"<feed></feed>")
    stand.now += timedelta(days=days)
    stand.away = away
    sent = stand.client.get("/tags/wheat/feed.atom")
    headers = Message()
    for name, value in (*sent.headers.items(), ("Date", formatdate(usegmt=True))):  # as the server adds it
        headers[name] = value
    answer = Answer(sent.status_code, headers, sent.data)
    assert answer.status == status
    assert linted("GET", f"{SITE}tags/wheat/feed.atom", {}, answer) == {}


def test_what_is_wrong_would_be_found() -> None:
    headers = Message()
    headers["Date"] = "yesterday"
    headers["Cache-Control"] = "no-store, max-age=60"
    assert set(linted("GET", "http://127.0.0.1/", {}, Answer(200, headers, b"x"))) >= {
        "BAD_DATE_SYNTAX",
        "CC_CONFLICTING",
    }


def linted(method: str, url: str, headers: Names, answer: Answer) -> dict[str, str]:
    """Errors and warnings, by the name of the finding."""
    now = time.time()
    request = HttpRequestLinter(start_time=now)
    request.process_request_topline(method.encode(), url.encode(), b"1.1")
    request.process_headers([(name.encode(), value.encode("latin-1")) for name, value in headers.items()])
    request.finish_content(True)
    # A part of an encoded body cannot be decoded by itself.
    response = HttpResponseLinter(start_time=now, no_content=answer.status == 206)
    response.request, request.response = request, response
    response.is_head_response = method == "HEAD"
    response.base_uri = url
    response.process_response_topline(b"1.1", str(answer.status).encode(), b"")
    response.process_headers([(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()])
    response.feed_content(answer.body)
    response.finish_content(True)
    return {
        type(note).__name__: f"{note.level.name}: {note.summary}"
        for note in response.notes
        if note.level in (levels.BAD, levels.WARN)
    }
