"""The running service, over real HTTP."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from feeds.format import FORMATS
from service.server.granian import THREADS
from tests.support.running import TOKEN, Client, RunningService, running_service, wait_for

pytestmark = pytest.mark.slow

MEMORY = 300  # MB of all processes together, with a nearly empty archive


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def client(service: RunningService) -> Iterator[Client]:
    with service.client() as client:
        yield client


def test_an_article_is_soon_in_feeds_pages_and_search(client: Client) -> None:
    article = client.posted(title="Wheat exports rise", content_text="They do.", tags=["año 小麦"])
    path = article["url"].partition("127.0.0.1")[2].partition("/")[2]
    wait_for(
        "every feed has it",
        lambda: all(b"Wheat" in client.get(f"/{suffix}").body for suffix in FORMATS),
    )
    wait_for("it is found", lambda: client.found(q="wheat"))
    assert b"Wheat exports rise" in client.get(f"/{path}").body
    wait_for("its tag's feed is there", lambda: client.get("/tags/a%C3%B1o-%E5%B0%8F%E9%BA%A6/feed.atom").status == 200)


def test_conditions_head_and_gzip(client: Client) -> None:
    client.posted(title="Rye", content_text="Much of it.")
    wait_for("the feed has it", lambda: b"Rye" in client.get("/feed.atom").body)
    wait_for("its date is true", lambda: client.get("/feed.atom").headers["Last-Modified"])
    full = client.get("/feed.atom")
    head = client.ask("HEAD", "/feed.atom")
    packed = client.get("/feed.atom", {"Accept-Encoding": "gzip"})
    fresh = client.get("/feed.atom", {"If-None-Match": full.headers["ETag"]})
    dated = client.get("/feed.atom", {"If-Modified-Since": full.headers["Last-Modified"]})
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(full.body)))
    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.body)) == ("gzip", full.body)
    for answer in (fresh, dated):
        assert (answer.status, answer.body) == (304, b"")
        assert {name: answer.headers[name] for name in ("ETag", "Cache-Control", "Vary")} == {
            name: full.headers[name] for name in ("ETag", "Cache-Control", "Vary")
        }
        assert answer.headers["Date"]


def test_a_batch_of_unknown_length_is_answered_while_it_is_sent(service: RunningService) -> None:
    lines = [json.dumps({"title": f"Story {number}", "content_text": "x"}).encode() + b"\n" for number in range(250)]
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(
            b"POST /admin/articles/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Connection: close\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n\r\n"
        )
        for line in lines:
            connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
        connection.sendall(b"0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.count(b'"status":201') == 250


def test_uploads_that_never_end_hold_up_nobody(service: RunningService) -> None:
    begun = b"POST /admin/articles HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    begun += b"Authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n{"
    with ExitStack() as held:
        for _ in range(THREADS - 1):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=30))
            connection.sendall(begun)
        for path in ("/feed.atom", "/", "/healthz") * 10:
            with service.client() as client:
                assert client.get(path).status == 200


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n", {b"431", b""}),
        (b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {b"414", b"431", b"400", b""}),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {b"404"}),
        (b"GARBAGE\r\n\r\n", {b"400", b""}),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {b"404", b"400"}),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            {b"405", b"400"},
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", {b"400"}),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {b"400"}),
    ],
    ids=["huge header", "huge path", "long path", "garbage", "dots", "both lengths", "two lengths", "negative"],
)
def test_odd_requests_do_no_harm(service: RunningService, request_: bytes, statuses: set[bytes]) -> None:
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        try:
            connection.sendall(request_)
            answer = connection.recv(65536)
        except OSError:
            pass  # closed while we were still sending
    assert answer[9:12] in statuses, answer[:200]
    with service.client() as client:
        assert client.get("/healthz").status == 200


def test_a_worker_that_was_killed_is_replaced_and_goes_on(service: RunningService, client: Client) -> None:
    [worker] = service.worker()
    os.kill(worker, signal.SIGKILL)
    client.posted(title="Oats", content_text="Meanwhile.")
    wait_for("it is found", lambda: client.found(q="oats"))
    assert service.worker() not in ([], [worker])


def test_a_port_that_is_taken_is_a_sentence(service: RunningService) -> None:
    second = service.dateline("serve", "--port", str(service.port))
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"Error: cannot listen on 127.0.0.1 port {service.port}: Address already in use. "
        "Stop the program that uses it, or choose another --port.\n"
    )


def test_it_is_small_when_it_rests(service: RunningService, client: Client) -> None:
    client.get("/search?q=wheat")
    pids = [service.pid, *service.worker(), *service.web()]
    assert len(pids) == 4
    wait_for("what was used goes back to the system", lambda: sum(map(_resident, pids)) <= MEMORY)


def _resident(pid: int) -> float:
    """MB, with shared pages divided among the processes (PSS)."""
    said = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(said.partition("\nPss:")[2].split()[0]) * 1024 / 1e6


def test_a_web_process_loads_nothing_that_only_others_need() -> None:
    elsewhere = ["alembic", "apscheduler", "feedgen", "frontmatter", "inscriptis", "psycopg", "pydantic", "rich"]
    program = f"import sys, service.server.web_process; print([name for name in {elsewhere} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"


def test_a_server_that_was_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        with service.client() as client:
            article = client.posted(title="Barley", content_text="Kept.")
        children = [*service.worker(), *service.web()]
        service.kill()
        wait_for(
            "its processes end", lambda: not any(Path(f"/proc/{pid}/stat").exists() and _alive(pid) for pid in children)
        )
        service.start()
        with service.client() as client:
            assert client.admin("GET", f"/articles/{article['id']}").json == article


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
