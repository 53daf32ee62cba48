"""Bytes on the wire for a reader that polls a feed hourly for a day with new articles.

    python -m bench.wire [FOLDER]

FOLDER (default ../shared/corpora) contains reuters21578.jsonl.gz, which is not part of the project. One article is
posted before each of the first polls, so that as many polls as possible find something new. The polls follow each other
at once, since nothing depends on the time between them. Counts the bytes that a socket sends and receives: requests and
responses with headers. Each poll uses its own connection, as readers do."""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import corpus, importing
from bench.corpus import Story
from tests.support.running import Client, RunningService, running_service, wait_for

FEED = "/feed.atom"
ARCHIVE = 1_000  # articles in the archive before
POLLS = 24
ARTICLES = 20
USER_AGENT = "reader/1.0"
LENGTHS = {"each a story": 1, "each of six stories": 6}  # six stories are about as long as an article on the web


@dataclass
class Reader:
    """A way of polling. `remembers`: whether it sends the ETag of the last response in `If-None-Match`."""

    name: str
    headers: Mapping[str, str]
    remembers: bool = True
    etag: str = ""
    sent: int = 0
    received: int = 0
    answers: Counter[int] = field(default_factory=Counter)

    def poll(self, port: int) -> None:
        condition = {"If-None-Match": self.etag} if self.remembers and self.etag else {}
        request = _request({"Host": f"127.0.0.1:{port}", "User-Agent": USER_AGENT, **self.headers, **condition})
        answer = _exchange(port, request)
        head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        self.etag = fields.get("etag", "")
        self.sent += len(request)
        self.received += len(answer)
        self.answers[int(head[0].split()[1])] += 1

    def begin(self, port: int) -> None:
        """The first poll, which is not counted."""
        self.poll(port)
        self.sent = self.received = 0
        self.answers.clear()

    @property
    def total(self) -> int:
        return self.sent + self.received


def readers() -> list[Reader]:
    return [
        Reader("full GET", {}, remembers=False),
        Reader("full GET, gzip", {"Accept-Encoding": "gzip"}, remembers=False),
        Reader("conditional GET", {}),
        Reader(
            "conditional GET, gzip: WordPress, to a reader that sends both of its validators",
            {"Accept-Encoding": "gzip"},
        ),
        Reader("conditional GET, br", {"Accept-Encoding": "br, gzip"}),
        Reader("`A-IM: feed`", {"A-IM": "feed"}),
        Reader("`A-IM: feed`, gzip", {"A-IM": "feed", "Accept-Encoding": "gzip"}),
        Reader("`A-IM: feed`, br", {"A-IM": "feed", "Accept-Encoding": "br, gzip"}),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.wire", description="Count the bytes of a day's polling.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    arguments = parser.parse_args()
    if not (arguments.folder / corpus.REUTERS).is_file():
        print(f"{corpus.REUTERS} is not in {arguments.folder}: pass its folder. Nothing was measured.", file=sys.stderr)
        return 1
    for what, together in LENGTHS.items():
        stories = corpus.joined(corpus.stories(arguments.folder), together)
        with tempfile.TemporaryDirectory(prefix="dateline-wire-") as scratch:
            print(_measure(stories, Path(scratch), what), end="\n\n", flush=True)
    return 0


def _measure(stories: Iterator[Story], folder: Path, what: str) -> str:
    with running_service(folder) as service, service.client() as client:
        importing.measure(service, corpus.write(stories, ARCHIVE, folder / "stories.jsonl"), ARCHIVE)
        asking = readers()
        for reader in asking:
            reader.begin(service.port)
        lengths = []
        for number in range(POLLS):
            if number < ARTICLES:
                lengths.append(_publish(service, client, next(stories)))
            for reader in asking:
                reader.poll(service.port)
        feed = client.get(FEED)
    entries = feed.body.count(b"<entry")
    articles = f"{ARTICLES} new articles, {what}, {_mean(lengths):,} bytes on average"
    return _table(asking, f"A day of {POLLS} polls and {articles}; {FEED} has {entries}, {len(feed.body):,} bytes.")


def _publish(service: RunningService, client: Client, story: Story) -> int:
    """Posts a story and waits until all web processes serve the feed with it. Returns its length in bytes."""
    article = {key: story[key] for key in ("title", "tags", "section", "content_text")}
    guid = client.posted(**article)["guid"].encode()

    def everywhere() -> bool:
        for _ in service.web() * 4:
            with service.client() as another:
                if guid not in another.get(FEED).body:
                    return False
        return True

    wait_for("the article is in the feed", everywhere, every=0.2)
    return len(json.dumps(article))


def _request(headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {FEED} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode()


def _exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _table(asking: list[Reader], what: str) -> str:
    whole = asking[0].total
    lines = [
        what,
        "",
        "| the reader asks with | answers | sent | received | of a full GET |",
        "|---|---|---:|---:|---:|",
    ]
    for reader in asking:
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(reader.answers.items()))
        part = f"1/{whole / reader.total:.0f}" if reader.total < whole / 1.5 else f"{reader.total / whole:.2f}"
        lines.append(f"| {reader.name} | {answers} | {reader.sent:,} | {reader.received:,} | {part} |")
    return "\n".join(lines)


def _mean(numbers: list[int]) -> int:
    return round(sum(numbers) / len(numbers))


if __name__ == "__main__":
    sys.exit(main())
