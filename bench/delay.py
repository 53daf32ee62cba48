"""From POST to its answer, to the feed and to the search results."""

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
LOOK_EVERY = 0.005  # seconds between two looks, which is how exact the figures are
WITHIN = 60.0
REST = 0.1  # seconds between two articles: each finds the service idle


@dataclass(frozen=True)
class Delays:
    """Milliseconds, one figure for each article."""

    articles: int
    answer: Sequence[float]
    feed: Sequence[float]
    search: Sequence[float]


def p50(figures: Sequence[float]) -> float:
    return median(figures)


def p95(figures: Sequence[float]) -> float:
    return quantiles(figures, n=20)[-1]


def measure(service: RunningService, some: Iterator[Story], *, articles: int, warm_up: int, posts: int) -> Delays:
    """Posts one after another into an archive of so many articles; the first ones do not count."""
    rows = []
    with (
        service.client() as posting,
        service.client() as reading,
        service.client() as searching,
        ThreadPoolExecutor(2) as both,
    ):
        for number in range(warm_up + posts):
            word = f"zq{articles}{_letters(number)}"
            story = next(some)
            article = {key: story[key] for key in ("tags", "section", "content_text")}
            etag = reading.get(FEED).headers["ETag"]
            began = time.perf_counter()
            posting.posted(**article, title=f"Story {word}")
            answered = time.perf_counter()
            in_feed = both.submit(_seen, partial(_in_feed, reading, word, etag))
            found = both.submit(_seen, partial(_found, searching, word))
            rows.append(tuple((at - began) * 1000 for at in (answered, in_feed.result(), found.result())))
            time.sleep(REST)
    answer, feed, search = zip(*rows[warm_up:], strict=True)
    return Delays(articles, answer, feed, search)


def _seen(look: Callable[[], bool]) -> float:
    wait_for("the article is visible", look, patience=WITHIN, every=LOOK_EVERY)
    return time.perf_counter()


def _in_feed(client: Client, word: str, etag: str) -> bool:
    answer = client.get(FEED, {"If-None-Match": etag, "Accept-Encoding": "identity"})
    return answer.status == 200 and word.encode() in answer.body


def _found(client: Client, word: str) -> bool:
    return bool(client.get("/api/search", q=word).json["total"])


def _letters(number: int) -> str:
    """A word of its own for each number, which no stemmer shortens."""
    return "".join("bcdfghjklm"[int(digit)] for digit in f"{number:04}")
