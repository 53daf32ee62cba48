"""Renders the figures as Markdown tables, next to the bounds that they must keep."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

from bench.delay import Delays, p50, p95
from bench.importing import Imported
from bench.memory import MB, ProcessMemory
from bench.serving import ARTICLES, BARE, NGINX, SENDFILE, SERVERS, SHORT, TOGETHER, Comparison

LIBRARIES = ("granian", "flask", "sqlalchemy", "whoosh3", "feedgen")

MAX_ANSWER_MS = 30  # median, with 20,000 articles
MAX_VISIBLE_MS = 500  # median
MAX_GROWTH = 1.5  # ratio of the medians with 100,000 and 1,000 articles
MIN_NGINX_RATIO = {"200 identity": 0.8, "200 gzip": 0.8, "304": 0.55}
MAX_RESIDENT_MB = 300  # the whole service


@dataclass
class Figures:
    """The measurements of one run. `skipped`: measurements that were not possible, with the reason."""

    imported: list[Imported] = field(default_factory=list)
    delays: list[Delays] = field(default_factory=list)
    compared: Sequence[Comparison] = ()
    memory: Sequence[ProcessMemory] = ()
    skipped: list[str] = field(default_factory=list)


def document(figures: Figures, load: float) -> str:
    """As Markdown. `load` is the machine's load average before the run."""
    return "\n".join(_lines(figures, load)) + "\n"


def _lines(figures: Figures, load: float) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"`make bench`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores, {platform.machine()}, "
    yield f"load average before the run {load:.1f}. {_versions()}."
    yield "Everything in one run on one machine, servers and clients together: trust the ratios."
    yield ""
    for reason in figures.skipped:
        yield f"Not measured: {reason}."
        yield ""
    yield from _imports(figures.imported)
    yield from _delays(figures.delays)
    if figures.compared:
        yield from _serving(figures.compared)
    if figures.memory:
        yield from _memory(figures.memory)


def _imports(imported: Sequence[Imported]) -> Iterator[str]:
    yield "## `dateline import` beside the running service"
    yield ""
    yield "Reuters stories, 0.8 KB each; the last row continues with copies that have other dates and words."
    yield ""
    yield "| articles | seconds | articles/s | until index and feeds have them, s more | peak memory of the import, MB |"
    yield "|---:|---:|---:|---:|---:|"
    for one in imported:
        rate = one.articles / one.seconds
        yield f"| {one.articles:,} | {one.seconds:.1f} | {rate:,.0f} | {one.lag:.1f} | {one.peak / MB:.0f} |"
    yield ""


def _delays(delays: Sequence[Delays]) -> Iterator[str]:
    yield "## From POST on, milliseconds, p50 / p95"
    yield ""
    yield "`dateline serve` with two web processes, one article at a time, kept connections; looked for every 5 ms"
    yield "with conditional GETs of `/feed.atom` and with `/api/search?q=` its own word."
    yield ""
    yield "| articles | posts | answered | in the feed | found by search |"
    yield "|---:|---:|---:|---:|---:|"
    for one in delays:
        cells = " | ".join(f"{p50(row):.0f} / {p95(row):.0f}" for row in (one.answer, one.feed, one.search))
        yield f"| {one.articles:,} | {len(one.answer)} | {cells} |"
    yield ""
    first, last = delays[0], delays[-1]
    growth = {name: p50(getattr(last, name)) / p50(getattr(first, name)) for name in ("answer", "feed", "search")}
    middle = delays[len(delays) // 2]
    yield "| bound | measured | |"
    yield "|---|---:|---|"
    yield _bound(f"answer ≤ {MAX_ANSWER_MS} ms at {middle.articles:,}", p50(middle.answer), "ms", at_most=MAX_ANSWER_MS)
    for one in delays:
        slower = max(p50(one.feed), p50(one.search))
        yield _bound(f"visible ≤ {MAX_VISIBLE_MS} ms at {one.articles:,}", slower, "ms", at_most=MAX_VISIBLE_MS)
    for name, label in (("feed", "in the feed"), ("search", "found")):
        title = f"{label}: {last.articles:,} against {first.articles:,} ≤ {MAX_GROWTH}"
        yield _bound(title, growth[name], "", at_most=MAX_GROWTH)
    yield ""


def _serving(compared: Sequence[Comparison]) -> Iterator[str]:
    yield "## `GET` of a feed, requests a second, against nginx with the same bytes on disk"
    yield ""
    yield "Two web processes against two of nginx's (gzip_static, no log), wrk with 32 connections, in turn;"
    yield f"medians, and the median of the rounds' ratios. `{SHORT}` has Reuters stories of 0.8 KB each, the other one"
    yield f"{ARTICLES} articles that are {TOGETHER} times as long."
    yield ""
    yield "Bare is an application of a few lines under the same server: no more can come of it on this machine. With"
    yield "`sendfile on`, as Debian sets it and nginx itself does not, the bytes of a file are never copied on their way."
    yield ""
    yield f"| feed | answer | bytes | {' | '.join(SERVERS)} |"
    yield f"|---|---|---:{'|---:' * len(SERVERS)}|"
    for one in compared:
        rates = " | ".join(f"{one.rates[server]:,.0f}" for server in SERVERS)
        yield f"| {one.feed} | {one.kind} | {one.length:,} | {rates} |"
    yield ""
    yield f"| Dateline's part, by rounds | of {BARE} | of {NGINX} | bound | | of {SENDFILE} | |"
    yield "|---|---:|---:|---|---|---:|---|"
    for one in compared:
        least = MIN_NGINX_RATIO[one.kind]
        of_bare, of_nginx, of_sendfile = (one.ratios[server] for server in (BARE, NGINX, SENDFILE))
        yield (
            f"| {one.feed} {one.kind} | {of_bare:.2f} | {of_nginx:.2f} | ≥ {least} | {_kept(of_nginx >= least)} "
            f"| {of_sendfile:.2f} | {_kept(of_sendfile >= least)} |"
        )
    yield ""


def _memory(processes: Sequence[ProcessMemory]) -> Iterator[str]:
    yield "## Memory of the idle service, MB"
    yield ""
    yield "Resident counts shared pages in every process that has them; the share divides them."
    yield ""
    yield "| process | resident | share |"
    yield "|---|---:|---:|"
    for one in processes:
        yield f"| {one.process} | {one.resident / MB:.0f} | {one.proportional / MB:.0f} |"
    resident, share = sum(one.resident for one in processes) / MB, sum(one.proportional for one in processes) / MB
    yield f"| all | {resident:.0f} | {share:.0f} |"
    yield ""
    yield "| bound | measured | |"
    yield "|---|---:|---|"
    yield _bound(f"resident ≤ {MAX_RESIDENT_MB} MB", resident, "MB", at_most=MAX_RESIDENT_MB)
    yield ""


def _bound(title: str, measured: float, unit: str, *, at_most: float) -> str:
    shown = f"{measured:.0f} {unit}" if unit else f"{measured:.2f}"
    return f"| {title} | {shown} | {_kept(measured <= at_most)} |"


def _kept(is_kept: bool) -> str:
    return "kept" if is_kept else "**missed**"


def _versions() -> str:
    named = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    named += [f"{name} {version(name)}" for name in LIBRARIES]
    for command in (["/usr/sbin/nginx", "-v"], ["wrk", "-v"]):
        found = re.search(r"(nginx/|wrk )(?:debian/)?([\d.]+)", _said(command))
        if found:
            named.append(f"{found[1].strip('/ ')} {found[2]}")
    return ", ".join(named)


def _said(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout + done.stderr
