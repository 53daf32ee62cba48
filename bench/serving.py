"""Requests per second for two feeds, compared with nginx serving the same bytes from disk.

nginx runs with its default, `sendfile off`, and with `sendfile on`, as Debian configures it: the kernel then sends
files without copying them, which is impossible for bytes that an application returns."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import truediv
from pathlib import Path
from statistics import median

from bench import corpus
from bench.corpus import Story
from tests.support.running import Client, RunningService, free_port, wait_for

SHORT, LONG = "/feed.atom", "/sections/long-reads/feed.atom"  # the original stories, and longer articles
SECTION = "Long reads"
ARTICLES, TOGETHER = 20, 8  # long articles, and the stories that each joins
LONG_AGO = "1986-01-01T12:00:00Z"  # so that the site feed does not list them
TOOLS = ("nginx", "wrk")
THREADS, CONNECTIONS = 2, 32
OURS, BARE, NGINX, SENDFILE = SERVERS = ("Dateline", "bare", "nginx", "nginx with sendfile")

CONFIGURATION = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile {sendfile};
    tcp_nopush {sendfile};
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ "application/atom+xml; charset=utf-8" atom; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {root};
        gzip_static on;
        add_header Cache-Control "max-age=60, stale-while-revalidate=60, stale-if-error=86400";
        add_header Vary Accept-Encoding;
        add_header Access-Control-Allow-Origin "*";
        add_header X-Content-Type-Options nosniff;
    }}
}}
"""


@dataclass(frozen=True)
class Comparison:
    """By name of SERVERS: the median requests per second over the rounds, and the median over the rounds of the ratio
    of OURS to the server."""

    feed: str
    kind: str
    length: int
    rates: Mapping[str, float]
    ratios: Mapping[str, float]


def missing() -> list[str]:
    return [tool for tool in TOOLS if _program(tool) is None]


def measure(
    service: RunningService, stories: Iterator[Story], folder: Path, *, rounds: int, seconds: int
) -> list[Comparison]:
    """Measures all servers in turn with the same request, so that variations of the machine's speed cancel out."""
    with service.client() as client:
        _post_long_reads(client, stories)
        bodies = {
            f"{feed}{suffix}": client.get(feed, {"Accept-Encoding": coding}).body
            for feed in (SHORT, LONG)
            for coding, suffix in (("identity", ""), ("gzip", ".gz"))
        }
    root = _root(folder, bodies)
    with (
        _bare(root) as bare,
        _nginx(folder / "nginx", root, sendfile=False) as nginx,
        _nginx(folder / "sendfile", root, sendfile=True) as sendfile,
    ):
        ports = service.port, bare, nginx, sendfile
        return [
            _compare(feed, kind, coding, ports, rounds=rounds, seconds=seconds)
            for feed in (SHORT, LONG)
            for kind, coding in (("200", "identity"), ("200", "gzip"), ("304", "identity"))
        ]


def _post_long_reads(client: Client, stories: Iterator[Story]) -> None:
    guids = []
    for story in islice(corpus.joined(stories, TOGETHER), ARTICLES):
        article = {key: story[key] for key in ("title", "tags", "content_text")}
        guids.append(client.posted(**article, section=SECTION, published=LONG_AGO)["guid"].encode())

    def are_there() -> bool:
        body = client.get(LONG).body
        return all(guid in body for guid in guids)

    wait_for("all are in the feed", are_there, every=0.2)


def _compare(feed: str, kind: str, coding: str, ports: tuple[int, ...], *, rounds: int, seconds: int) -> Comparison:
    requests = [_request(port, feed, kind, coding) for port in ports]
    lengths = {length for _, length in requests}
    if len(lengths) != 1:
        raise RuntimeError(f"the servers' responses differ in length: {lengths} bytes")
    rounds_of_rates = [
        [_wrk(port, feed, headers, seconds) for port, (headers, _) in zip(ports, requests, strict=True)]
        for _ in range(rounds)
    ]
    rates = dict(zip(SERVERS, zip(*rounds_of_rates, strict=True), strict=True))
    return Comparison(
        feed,
        kind if kind == "304" else f"{kind} {coding}",
        lengths.pop(),
        {server: median(own) for server, own in rates.items()},
        {server: median(map(truediv, rates[OURS], own)) for server, own in rates.items()},
    )


def _request(port: int, feed: str, kind: str, coding: str) -> tuple[Mapping[str, str], int]:
    """The request headers for this kind of response, verified by one request, and the length of its body in bytes."""
    client = Client(port)
    headers = {"Accept-Encoding": coding}
    if kind == "304":
        headers["If-None-Match"] = client.get(feed, headers).headers["ETag"]
    answer = client.get(feed, headers)
    client.close()
    if (str(answer.status), answer.headers.get("Content-Encoding", "identity")) != (kind, coding):
        raise RuntimeError(f"port {port} answers {answer.status}: {dict(answer.headers)}")
    return headers, len(answer.body)


def _wrk(port: int, feed: str, headers: Mapping[str, str], seconds: int) -> float:
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", *named, f"http://127.0.0.1:{port}{feed}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 30).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    time.sleep(0.2)
    return float(found[1])


def _root(folder: Path, bodies: Mapping[str, bytes]) -> Path:
    """Writes the feeds' bytes as files for nginx. Returns the folder."""
    root = folder / "root"
    for name, body in bodies.items():
        path = root / name[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return root


@contextmanager
def _nginx(folder: Path, root: Path, *, sendfile: bool) -> Iterator[int]:
    """Runs nginx; its port."""
    folder.mkdir()
    port = free_port()
    configuration = folder / "nginx.conf"
    switched = "on" if sendfile else "off"
    configuration.write_text(CONFIGURATION.format(folder=folder, root=root, port=port, sendfile=switched))
    program = _program("nginx") or "nginx"
    with _running(port, program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)):
        yield port


@contextmanager
def _bare(root: Path) -> Iterator[int]:
    """Runs Granian as Dateline does, with a minimal application (bench/bare.py); its port."""
    port = free_port()
    given = ["--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "1", "--no-log"]
    command = [sys.executable, "-m", "granian", *given, "--port", str(port), "bench.bare:application"]
    with _running(port, *command, BARE=str(root)):
        yield port


@contextmanager
def _running(port: int, *command: str, **environment: str) -> Iterator[None]:
    """Runs another server and waits until it responds. In its own session, as the service is: Linux divides CPU
    time among sessions first, and a server in wrk's session got 10 % more."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        plain = {"Accept-Encoding": "identity"}
        wait_for(f"{command[0]} is ready", lambda: Client(port).get(SHORT, plain).status == 200)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")
