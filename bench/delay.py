"""Delays from a POST until its response, until the article is in the feed, and until search finds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

from bench.corpus import Story
from tests.support.running import Client, RunningService, wait_for

FEED = "/feed.atom"
POLL_INTERVAL = 0.005  # seconds between two checks: the precision of the figures
VISIBLE_TIMEOUT = 60.0  # seconds
PAUSE = 0.1  # seconds between two articles, so that each finds the service idle


@dataclass(frozen=True)
class Delays:
    """Milliseconds, one figure per article posted. `articles`: in the archive before."""

    articles: int
    answer: Sequence[float]
    feed: Sequence[float]
    search: Sequence[float]


def p50(figures: Sequence[float]) -> float:
    return median(figures)


def p95(figures: Sequence[float]) -> float:
    return quantiles(figures, n=20)[-1]


def measure(service: RunningService, stories: Iterator[Story], *, articles: int, warm_up: int, posts: int) -> Delays:
    """Posts stories one by one into an archive of `articles` articles; the first `warm_up` posts do not count."""
    rows = []
    with (
        service.client() as posting,
        service.client() as reading,
        service.client() as searching,
        ThreadPoolExecutor(2) as both,
    ):
        for number in range(warm_up + posts):
            word = f"zq{articles}{_letters(number)}"
            story = next(stories)
            article = {key: story[key] for key in ("tags", "section", "content_text")}
            etag = reading.get(FEED).headers["ETag"]
            began = time.perf_counter()
            posting.posted(**article, title=f"Story {word}")
            answered = time.perf_counter()
            in_feed = both.submit(_visible_at, partial(_in_feed, reading, word, etag))
            found = both.submit(_visible_at, partial(_found, searching, word))
            rows.append(tuple((at - began) * 1000 for at in (answered, in_feed.result(), found.result())))
            time.sleep(PAUSE)
    answer, feed, search = zip(*rows[warm_up:], strict=True)
    return Delays(articles, answer, feed, search)


def _visible_at(is_visible: Callable[[], bool]) -> float:
    wait_for("the article is visible", is_visible, patience=VISIBLE_TIMEOUT, every=POLL_INTERVAL)
    return time.perf_counter()


def _in_feed(client: Client, word: str, etag: str) -> bool:
    answer = client.get(FEED, {"If-None-Match": etag, "Accept-Encoding": "identity"})
    return answer.status == 200 and word.encode() in answer.body


def _found(client: Client, word: str) -> bool:
    return bool(client.get("/api/search", q=word).json["total"])


def _letters(number: int) -> str:
    """A distinct word for each number, which no stemmer shortens."""
    return "".join("bcdfghjklm"[int(digit)] for digit in f"{number:04}")
