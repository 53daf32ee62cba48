"""Real readers, subscribed to the running service: each article fetched once and shown once."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import pytest

from tests.service.running import Client, RunningService, running_service, wait_for

pytestmark = pytest.mark.slow

FORMATS = ("rss", "atom")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}


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
    length: int


class Wire:
    """Between a reader and the service: hands everything on, and remembers what was answered."""

    def __init__(self, port: int) -> None:
        self.fetched: list[Fetched] = []
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                with closing(Client(port)) as client:
                    answer = client.get(self.path, asked)
                coding = answer.headers.get("Content-Encoding", "identity")
                wire.fetched.append(Fetched(answer.status, coding, len(answer.body)))
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def statuses(self) -> list[int]:
        """Of the answers since this was last asked."""
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


class Newsboat:
    """newsboat with one subscription and a cache of its own."""

    def __init__(self, program: str, folder: Path, url: str) -> None:
        (folder / "urls").write_text(url + "\n")
        (folder / "config").write_text("")
        self._cache = folder / "cache.db"
        self._command = [program, "-u", folder / "urls", "-C", folder / "config", "-c", self._cache]

    def reload(self) -> None:
        subprocess.run([*self._command, "-x", "reload"], check=True, capture_output=True, timeout=60)

    def shown(self) -> list[tuple[str, str]]:
        """(guid, title) of every article that it holds."""
        with closing(sqlite3.connect(self._cache)) as cache:
            return cache.execute("SELECT guid, title FROM rss_item WHERE deleted = 0 ORDER BY pubDate, id").fetchall()


@pytest.fixture
def newsboat_program() -> str:
    program = shutil.which("newsboat")
    if program is None:
        pytest.skip("newsboat is not installed (Debian: apt-get install newsboat)")
    return program


@contextmanager
def changed_feed(client: Client, path: str) -> Iterator[None]:
    """Returns only when the feed has other bytes than before."""
    before = client.get(path).headers.get("ETag")
    yield
    wait_for(f"{path} has changed", lambda: client.get(path).headers.get("ETag") != before)


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


@pytest.mark.parametrize("feed_format", FORMATS)
def test_newsboat_fetches_what_is_new_once_and_shows_it_once(
    client: Client, wire: Wire, newsboat_program: str, tmp_path: Path, feed_format: str
) -> None:
    tag = f"newsboat-{feed_format}"
    path = f"/tags/{tag}/feed.{feed_format}"
    first = _published(client, path, tag, 1)
    newsboat = Newsboat(newsboat_program, tmp_path, wire.url + path)

    newsboat.reload()
    assert (newsboat.shown(), wire.statuses()) == ([(first["guid"], f"{tag} 1")], [200])

    # newsboat 2.21 updates the ETag of a row that its first fetch has yet to make: it asks for a 304 from the third on.
    newsboat.reload()
    wire.statuses()
    newsboat.reload()
    assert (newsboat.shown(), wire.statuses()) == ([(first["guid"], f"{tag} 1")], [304])

    second = _published(client, path, tag, 2)
    newsboat.reload()
    newsboat.reload()
    both = [(first["guid"], f"{tag} 1"), (second["guid"], f"{tag} 2")]
    assert (newsboat.shown(), wire.statuses()) == (both, [226, 304])  # it sends `A-IM: feed`, and keeps what it has

    _edited(client, path, second, title="Another title", slug=f"other-{tag}", content_html="<p>Other words.</p>")
    newsboat.reload()
    assert (newsboat.shown(), wire.statuses()) == ([both[0], (second["guid"], "Another title")], [226])


@pytest.mark.parametrize("feed_format", FORMATS)
def test_feedparser_fetches_what_is_new_once_and_sees_it_once(client: Client, wire: Wire, feed_format: str) -> None:
    tag = f"feedparser-{feed_format}"
    path = f"/tags/{tag}/feed.{feed_format}"
    first = _published(client, path, tag, 1)

    fetched = feedparser.parse(wire.url + path)
    assert (_entries(fetched), fetched.bozo, wire.fetched[0].coding) == ({first["guid"]: f"{tag} 1"}, False, "gzip")
    assert wire.statuses() == [200]

    assert feedparser.parse(wire.url + path, etag=fetched.etag).entries == []
    assert wire.statuses() == [304]

    second = _published(client, path, tag, 2)
    fetched = feedparser.parse(wire.url + path, etag=fetched.etag)  # it sends `A-IM: feed`
    assert _entries(fetched) == {second["guid"]: f"{tag} 2"}
    assert feedparser.parse(wire.url + path, etag=fetched.etag).entries == []
    assert wire.statuses() == [226, 304]

    _edited(client, path, second, title="Another title", slug=f"other-{tag}")
    fetched = feedparser.parse(wire.url + path, etag=fetched.etag)
    assert (_entries(fetched), wire.statuses()) == ({second["guid"]: "Another title"}, [226])


def test_a_reader_that_keeps_only_dates_is_told_when_nothing_is_new(client: Client, wire: Wire) -> None:
    path = "/tags/dates/feed.atom"
    _published(client, path, "dates", 1)
    # The date comes with the next whole second: within the same one the bytes may change once more.
    fetched = wait_for("a date", lambda: _dated(feedparser.parse(wire.url + path)))
    wire.statuses()
    assert feedparser.parse(wire.url + path, modified=fetched.modified).entries == []
    assert wire.statuses() == [304]


def _dated(fetched: Any) -> Any:
    return fetched if fetched.get("modified") else None


def _entries(fetched: Any) -> dict[str, str]:
    """Title by guid; an entry that stands twice is an error."""
    guids = [entry.id for entry in fetched.entries]
    assert len(set(guids)) == len(guids)
    return {entry.id: entry.title for entry in fetched.entries}
