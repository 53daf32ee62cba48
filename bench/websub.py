"""WebSub: delivering a new article to many subscribers, and response times for readers meanwhile.

`python -m bench.websub [SUBSCRIBERS]`. The subscribers are one process that listens on 127.0.0.0/8, so that they count
as a hundred hosts. Hub and subscribers share this machine's processors."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.running import Client, RunningService, free_port, running_service, wait_for

SUBSCRIBERS = 10_000
HOSTS = 100
ARTICLES = 50
WORDS = "tide wheat harbour export council river bridge market night signal garden letter window "
FEED = "/feed.atom"
QUIET = 10.0  # seconds measured without deliveries
PAUSE = 3.0  # seconds
PACE = 0.02  # seconds between two requests of a reader
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Measured:
    """Times in seconds."""

    subscribers: int
    feed_bytes: int
    verified_in: float
    first_after: float
    all_after: float
    feed_quiet: float
    feed_meanwhile: float
    search_quiet: float
    search_meanwhile: float
    next_article_found_in: float

    def lines(self) -> Iterator[str]:
        yield f"{self.subscribers:,} subscriptions asked for and verified in {self.verified_in:.1f} s"
        yield f"a new article: first delivery after {self.first_after:.2f} s, the last after {self.all_after:.1f} s"
        yield f"  ({self.feed_bytes:,} bytes each, signed; {self.subscribers / self.all_after:,.0f} a second)"
        yield f"p95 of the feed: {self.feed_quiet * 1000:.1f} ms quiet, {self.feed_meanwhile * 1000:.1f} ms meanwhile"
        yield f"p95 of search: {self.search_quiet * 1000:.1f} ms quiet, {self.search_meanwhile * 1000:.1f} ms meanwhile"
        yield f"an article that is posted meanwhile is in feed and search after {self.next_article_found_in:.2f} s"


def measure(subscribers: int, folder: Path) -> Measured:
    with receivers() as heard, running_service(folder, allow_private_callbacks=1) as service:
        fill(service)
        feed_quiet, search_quiet = without_subscribers(service)
        began = time.monotonic()
        subscribe(service, subscribers, heard.port)
        wait_for("all are verified", lambda: heard.counts()[0] >= subscribers, patience=600)
        verified_in = time.monotonic() - began
        time.sleep(PAUSE)
        with service.client() as client:
            return _measured(service, client, heard, subscribers, verified_in, feed_quiet, search_quiet)


def _measured(
    service: RunningService,
    client: Client,
    heard: HubRequest,
    subscribers: int,
    verified_in: float,
    feed_quiet: list[float],
    search_quiet: list[float],
) -> Measured:
    readers = Readers(service)
    client.posted(title="News", content_text=WORDS * 30)
    posted = time.monotonic()
    wait_for("the first delivery", lambda: heard.counts()[1] >= 1, every=0.005)
    first_after = time.monotonic() - posted
    client.posted(title="Meanwhile", content_text="zeppelin " + WORDS, tags=["other"])
    second = time.monotonic()
    wait_for(
        "the next article is found",
        lambda: client.found(q="zeppelin") and b"Meanwhile" in client.get("/tags/other/feed.atom").body,
        every=0.02,
    )
    found_in = time.monotonic() - second
    wait_for("the last delivery", lambda: heard.counts()[2] >= subscribers, patience=600)
    all_after = time.monotonic() - posted
    feed, search = readers.stop()
    return Measured(
        subscribers,
        len(client.get(FEED).body),
        verified_in,
        first_after,
        all_after,
        p95(feed_quiet),
        p95(feed),
        p95(search_quiet),
        p95(search),
        found_in,
    )


def fill(service: RunningService) -> None:
    with service.client() as client:
        for number in range(ARTICLES):
            client.posted(title=f"Story {number}", content_text=WORDS * 30, tags=["news"])
        wait_for("all is delivered", client.delivered)


def without_subscribers(service: RunningService) -> tuple[list[float], list[float]]:
    """The response times of feed and search, in seconds, while two articles are posted without subscribers."""
    readers = Readers(service)
    for number in range(2):
        time.sleep(QUIET / 2)
        with service.client() as client:
            client.posted(title=f"Quiet {number}", content_text=WORDS * 30)
    time.sleep(PAUSE)
    return readers.stop()


def subscribe(service: RunningService, number: int, port: int) -> None:
    def some(numbers: range) -> None:
        with service.client() as client:
            for one in numbers:
                form = {
                    "hub.mode": "subscribe",
                    "hub.topic": f"http://127.0.0.1:{service.port}{FEED}",
                    "hub.callback": f"http://127.0.1.{one % HOSTS + 1}:{port}/{one}",
                    "hub.secret": f"secret {one}",
                }
                answer = client.ask("POST", "/hub", urlencode(form).encode(), FORM)
                assert answer.status == 202, answer.body

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(some, [range(start, number, 4) for start in range(4)]))


class Readers:
    """Two clients that request the feed and a search at regular intervals, and time the responses."""

    def __init__(self, service: RunningService) -> None:
        self._stopping = threading.Event()
        self._times: tuple[list[float], list[float]] = ([], [])
        self._threads = [
            threading.Thread(target=self._read, args=(service, path, times))
            for path, times in zip((FEED, "/api/search?q=wheat+harbour"), self._times, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> tuple[list[float], list[float]]:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        return self._times

    def _read(self, service: RunningService, path: str, times: list[float]) -> None:
        with service.client() as client:
            while not self._stopping.wait(PACE):
                began = time.monotonic()
                assert client.get(path).status == 200
                times.append(time.monotonic() - began)


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 1 else median(times)


# The subscribers, in a separate process -------------------------------------------------------------


class HubRequest:
    def __init__(self, port: int) -> None:
        self.port = port

    def counts(self) -> tuple[int, int, int]:
        """The numbers of verifications, of deliveries, and of subscribers with at least one delivery."""
        client = Client(self.port)
        try:
            verified, delivered, subscribers = map(int, client.get("/counts").body.split())
        finally:
            client.close()
        return verified, delivered, subscribers


@contextmanager
def receivers() -> Iterator[HubRequest]:
    port = free_port()
    # At low priority, since real subscribers have their own machines.
    process = subprocess.Popen(["nice", sys.executable, "-m", "bench.websub", "--receive", str(port)])
    heard = HubRequest(port)
    try:
        wait_for("the receivers answer", lambda: heard.counts() == (0, 0, 0))
        yield heard
    finally:
        process.terminate()
        process.wait()


def receive(port: int) -> None:
    notified: set[str] = set()
    counts = [0, 0]

    def answer(method: str, target: str) -> bytes:
        if target == "/counts":
            return f"{counts[0]} {counts[1]} {len(notified)}".encode()
        if method == "GET":
            counts[0] += 1
            return parse_qs(urlsplit(target).query)["hub.challenge"][0].encode()
        counts[1] += 1
        notified.add(target)
        return b""

    asyncio.run(_serve(port, answer))


async def _serve(port: int, answer: Callable[[str, str], bytes]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target, _ = head.split(b"\r\n", 1)[0].decode().split()
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                await reader.readexactly(int(fields.get(b"content-length", b"0")))
                body = answer(method, target)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "0.0.0.0", port, backlog=1024, limit=1 << 20)
    async with server:
        await server.serve_forever()


def main() -> None:
    if "--receive" in sys.argv:
        receive(int(sys.argv[-1]))
        return
    subscribers = int(sys.argv[1]) if len(sys.argv) > 1 else SUBSCRIBERS
    with tempfile.TemporaryDirectory() as folder:
        for line in measure(subscribers, Path(folder)).lines():
            print(line)


if __name__ == "__main__":
    main()
