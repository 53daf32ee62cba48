"""Feeds of a large archive: the cost of one more article, of a start without changes, and of building all feeds.

    python -m bench.feeds [FOLDER] [--articles 100000] [--tags 1000]

FOLDER (default ../shared/corpora) contains reuters21578.jsonl.gz. Times are CPU times of a single process."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from archive.labels import Label, LabelKind
from archive.store.consumers import ConsumerRunner
from archive.validation import parse_draft
from bench import corpus
from feeds.builder import CACHE_BYTES, FeedBuilder
from feeds.content_codings import codings, etag
from service.dateline import Dateline
from service.settings import Settings
from service.syndication.site_feeds import SiteFeeds
from service.wiring import open_dateline
from service.worker.consumers.feeds import FeedsConsumer

LARGE_CACHE_BYTES = 1 << 30  # room for every entry
ONE_BY_ONE = 20


def cpu_time(work: Callable[[], Any]) -> tuple[float, Any]:
    """Runs `work`. Returns its CPU time in seconds, and its result."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def consumer(dateline: Dateline, *, cache_bytes: int = CACHE_BYTES) -> FeedsConsumer:
    length = dateline.settings.feed_length
    builder = FeedBuilder(dateline.site, dateline.identity(), length=length, cache_bytes=cache_bytes)
    return FeedsConsumer(dateline.archive, SiteFeeds(dateline.archive, builder), clock=dateline.clock)


def runner(dateline: Dateline, feeds: FeedsConsumer) -> ConsumerRunner:
    return ConsumerRunner(dateline.archive, feeds, owner="bench", clock=dateline.clock)


def written(dateline: Dateline) -> dict[str, str]:
    paths = list(dateline.archive.renditions.paths())
    return {
        path: tag
        for begin in range(0, len(paths), 500)
        for path, tag in dateline.archive.renditions.etags(paths[begin : begin + 500]).items()
    }


def measure(dateline: Dateline, tags: int) -> None:
    seconds, _ = cpu_time(lambda: runner(dateline, consumer(dateline)).drain())
    documents = written(dateline)
    print(f"first build, every entry rendered by feedgen: {len(documents):,} documents in {seconds:.0f} s")

    again = runner(dateline, consumer(dateline))
    seconds, _ = cpu_time(again.drain)
    changed = len(documents.items() ^ written(dateline).items()) // 2
    print(f"a start without changes: {changed} of them rebuilt, {seconds * 1000:.0f} ms")

    one_by_one("one more article with two tags, one of them without cached entries", dateline, again)
    one_by_one("one more article, all other entries cached", dateline, again)

    feeds = consumer(dateline, cache_bytes=LARGE_CACHE_BYTES)
    feeds.site_feeds.load()
    feed = partial(feeds.site_feeds.feed, is_one_of_many=True)
    labels = [Label(LabelKind.TAG, f"tag-{number}") for number in range(tags)]
    for label in labels:
        feed(label)
    seconds, built = cpu_time(lambda: [document for label in labels for document in feed(label)])
    print(f"{len(built):,} feeds of tags from cached entries: {len(built) / seconds:,.0f} per second", end=" ")
    seconds, _ = cpu_time(lambda: [etag(document.body) for document in built])
    coding_seconds, _ = cpu_time(lambda: [codings(document.body) for document in built])
    size = sum(len(document.body) for document in built) / len(built) / 1000
    rates = f"ETags {len(built) / seconds:,.0f}, all codings {len(built) / coding_seconds:,.0f} per second"
    print(f"({size:.0f} KB each; {rates})")


def one_by_one(title: str, dateline: Dateline, runner: ConsumerRunner) -> None:
    """Adds articles one by one. Each changes seven feeds in three formats: the site's, and those of its section, year,
    month, day and two tags."""
    times = []
    for number in range(ONE_BY_ONE):
        tags = [f"tag-{number}", f"tag-{number + 1}"]
        fields = {"title": f"One more {number}", "content_text": "Some words. " * 60, "section": "news"}
        dateline.publisher.submit(parse_draft({**fields, "tags": tags}, zone=dateline.site.zone), by="bench")
        seconds, _ = cpu_time(runner.drain)
        times.append(seconds * 1000)
    print(f"{title}: {median(times):.0f} ms, maximum {max(times[1:]):.0f} ms, the first {times[0]:.0f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.feeds", description="Measure the feeds.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--tags", type=int, default=1_000)
    arguments = parser.parse_args()
    if not (arguments.folder / corpus.REUTERS).is_file():
        print(f"{corpus.REUTERS} is not in {arguments.folder}: pass its folder. Nothing was measured.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
        data, path = Path(scratch) / "data", Path(scratch) / "stories.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, story in enumerate(islice(corpus.stories(arguments.folder), arguments.articles)):
                story["tags"] = [f"tag-{number * step % arguments.tags}" for step in (1, 7, 31)]
                file.write(json.dumps(story) + "\n")
        environment = os.environ | {"DATELINE_DATA": str(data), "DATELINE_SAMPLES": "0"}
        for command in (["migrate"], ["import", str(path)]):
            subprocess.run(
                [sys.executable, "-m", "service.cli", *command], env=environment, check=True, capture_output=True
            )
        print(f"{arguments.articles:,} articles with {arguments.tags:,} tags")
        dateline = open_dateline(Settings(data=data))
        measure(dateline, arguments.tags)
        dateline.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
