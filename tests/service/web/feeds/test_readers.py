"""Real readers against the running service: each article is loaded once and shown once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import pytest

from service.web.feeds.prepared import CHECK_INTERVAL
from tests.support.readers import READERS, DisplayedArticle, Reader
from tests.support.running import Client, RunningService, running_service, wait_for

pytestmark = pytest.mark.slow

FORMATS = ("rss", "atom")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}
CHANGED = ({200}, {226})  # the whole feed, or a delta for a reader that accepts one

UNCHANGED = ({304},)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def client(service: RunningService) -> Iterator[Client]:
    with service.client() as client:
        yield client


class Fetched(NamedTuple):
    status: int
    coding: str
    manipulations: str  # that the reader accepts (RFC 3229 §10.5.3)


class Wire:
    """A proxy between a reader and the service that records the answers."""

    def __init__(self, port: int) -> None:
        self.fetched: list[Fetched] = []
        self.last: Fetched | None = None
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                with closing(Client(port)) as client:
                    answer = client.get(self.path, asked)
                coding = answer.headers.get("Content-Encoding", "identity")
                wire.last = Fetched(answer.status, coding, self.headers.get("A-IM", ""))
                wire.fetched.append(wire.last)
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name in the base class
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def statuses(self) -> list[int]:
        """The statuses of the responses since the last call."""
        statuses = [fetched.status for fetched in self.fetched]
        self.fetched.clear()
        return statuses


@pytest.fixture
def wire(service: RunningService) -> Iterator[Wire]:
    wire = Wire(service.port)
    thread = threading.Thread(target=wire.server.serve_forever)
    thread.start()
    yield wire
    wire.server.shutdown()
    thread.join()
    wire.server.server_close()


@contextmanager
def changed_feed(client: Client, path: str) -> Iterator[None]:
    """Returns only when the feed has other bytes than before."""
    before = client.get(path).headers.get("ETag")
    yield
    wait_for(f"{path} has changed", lambda: client.get(path).headers.get("ETag") != before)
    time.sleep(CHECK_INTERVAL)  # for the other web process


def _published(client: Client, path: str, tag: str, number: int) -> dict[str, Any]:
    with changed_feed(client, path):
        return client.posted(
            title=f"{tag} {number}",
            content_html=f"<p>Words of number {number}.</p>",
            tags=[tag],
            published=f"2026-03-{number:02}T12:00:00Z",
        )


def _edited(client: Client, path: str, article: dict[str, Any], **changes: Any) -> None:
    with changed_feed(client, path):
        answer = client.admin("PATCH", f"/articles/{article['id']}", changes, {"If-Match": "*"})
        assert answer.status == 200, answer.body


def _withdrawn(client: Client, path: str, article: dict[str, Any]) -> None:
    with changed_feed(client, path):
        answer = client.admin("DELETE", f"/articles/{article['id']}", headers={"If-Match": "*"})
        assert answer.status == 200, answer.body


class Subscription:
    """A reader and the articles that it displays."""

    def __init__(self, reader: Reader, wire: Wire) -> None:
        self.reader = reader
        self.wire = wire
        self.seen: dict[str, DisplayedArticle] = {}
        self.got_the_news_alone = False

    def sees_a_change(self, *, then: tuple[set[int], ...] = UNCHANGED) -> dict[str, str]:
        """Title by guid after the feed has changed: it is loaded once, then found to be the same."""
        changed = self._fetched()
        assert changed in CHANGED
        self.got_the_news_alone = changed == {226}
        once = self.titles()
        assert self._fetched() in then
        assert self.titles() == once
        return once

    def _fetched(self) -> set[int]:
        self.reader.update()
        return set(self.wire.statuses())

    def settles(self) -> None:
        """Poll until it sends a conditional request."""
        for _ in range(self.reader.redundant_fetches):
            assert self._fetched() == {200}
        assert self._fetched() == {304}

    def titles(self) -> dict[str, str]:
        shown = self.reader.displayed()
        self.seen = {one.guid: one for one in shown}
        assert len(self.seen) == len(shown), "an article is shown twice"
        return {one.guid: one.title for one in shown}


@pytest.mark.parametrize("feed_format", FORMATS)
@pytest.mark.parametrize("name", READERS)
def test_a_reader_shows_each_article_once_whatever_happens_to_it(
    client: Client, wire: Wire, tmp_path: Path, name: str, feed_format: str
) -> None:
    tag = f"{name}-{feed_format}"
    path = f"/tags/{tag}/feed.{feed_format}"
    first = _published(client, path, tag, 1)
    kind = READERS[name]
    reader = kind(tmp_path, wire.url + path)
    subscription = Subscription(reader, wire)

    reader.update()
    assert subscription.titles() == {first["guid"]: f"{tag} 1"}
    assert set(wire.statuses()) == {200}
    subscription.settles()
    assert wire.last is not None
    assert ("feed" in wire.last.manipulations) is kind.requests_deltas
    assert subscription.titles() == {first["guid"]: f"{tag} 1"}

    second = _published(client, path, tag, 2)
    both = {first["guid"]: f"{tag} 1", second["guid"]: f"{tag} 2"}
    assert subscription.sees_a_change() == both
    assert subscription.got_the_news_alone is kind.receives_deltas

    _edited(client, path, second, title="Another title", content_html="<p>Other words.</p>")
    edited = both | {second["guid"]: "Another title"} if kind.shows_edits else both
    assert subscription.sees_a_change() == edited
    assert subscription.got_the_news_alone is kind.receives_deltas
    assert ("Other words." in subscription.seen[second["guid"]].body) is kind.shows_edits

    _edited(client, path, second, slug=f"moved-{tag}")
    assert subscription.sees_a_change() == edited

    _withdrawn(client, path, first)
    left = subscription.sees_a_change(then=CHANGED if kind.ignores_removals else UNCHANGED)
    if kind.drops_removed_entries and not subscription.got_the_news_alone:
        assert left == {second["guid"]: "Another title"}
    else:
        assert left == edited


def test_a_reader_that_accepts_compressed_feeds_gets_them(client: Client, wire: Wire) -> None:
    _published(client, "/tags/coded/feed.rss", "coded", 1)
    feedparser.parse(wire.url + "/tags/coded/feed.rss")
    assert [fetched.coding for fetched in wire.fetched] == ["gzip"]


def test_a_reader_that_sends_only_dates_gets_304_for_an_unchanged_feed(client: Client, wire: Wire) -> None:
    path = "/tags/dates/feed.atom"
    _published(client, path, "dates", 1)
    # The date is sent from the next whole second on: within the same one the bytes may change again.
    fetched = wait_for("a date", lambda: _dated(feedparser.parse(wire.url + path)))
    wire.statuses()
    assert feedparser.parse(wire.url + path, modified=fetched.modified).entries == []
    assert wire.statuses() == [304]


def _dated(fetched: Any) -> Any:
    return fetched if fetched.get("modified") else None
