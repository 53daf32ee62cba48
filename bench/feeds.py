"""Feeds of a large archive: what one more article costs, a start with nothing new, and building all of them.

    python -m bench.feeds [FOLDER] [--articles 100000] [--tags 1000]

FOLDER (default ../shared/corpora) holds reuters21578.jsonl.gz. Times are of the processor, in one process."""

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

ROOM = 1 << 30  # bytes: every entry has room
ONE_BY_ONE = 20


def processor(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time, and what came of it."""
    began = time.process_time()
    done = work()
    return time.process_time() - began, done


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
    seconds, _ = processor(lambda: runner(dateline, consumer(dateline)).drain())
    documents = written(dateline)
    print(f"first build, every entry rendered by feedgen: {len(documents):,} documents in {seconds:.0f} s")

    again = runner(dateline, consumer(dateline))
    seconds, _ = processor(again.drain)
    changed = len(documents.items() ^ written(dateline).items()) // 2
    print(f"a start with nothing new: {changed} of them built anew, {seconds * 1000:.0f} ms")

    one_by_one("one more article, two tags, of one of which no entry is kept", dateline, again)
    one_by_one("one more article, every other entry kept", dateline, again)

    feeds = consumer(dateline, cache_bytes=ROOM)
    feeds.site_feeds.load()
    feed = partial(feeds.site_feeds.feed, is_one_of_many=True)
    labels = [Label(LabelKind.TAG, f"tag-{number}") for number in range(tags)]
    for label in labels:
        feed(label)
    seconds, built = processor(lambda: [document for label in labels for document in feed(label)])
    print(f"{len(built):,} feeds of tags from kept entries: {len(built) / seconds:,.0f} a second", end=" ")
    seconds, _ = processor(lambda: [etag(document.body) for document in built])
    more, _ = processor(lambda: [codings(document.body) for document in built])
    size = sum(len(document.body) for document in built) / len(built) / 1000
    print(f"({size:.0f} KB each; ETags {len(built) / seconds:,.0f}, all codings {len(built) / more:,.0f} a second)")


def one_by_one(what: str, dateline: Dateline, runner: ConsumerRunner) -> None:
    """The feeds of all, of the section, of the year, the month and the day, and of two tags, each in three formats."""
    times = []
    for number in range(ONE_BY_ONE):
        tags = [f"tag-{number}", f"tag-{number + 1}"]
        fields = {"title": f"One more {number}", "content_text": "Some words. " * 60, "section": "news"}
        dateline.publisher.submit(parse_draft({**fields, "tags": tags}, zone=dateline.site.zone), by="bench")
        seconds, _ = processor(runner.drain)
        times.append(seconds * 1000)
    print(f"{what}: {median(times):.0f} ms, at most {max(times[1:]):.0f} ms, the first {times[0]:.0f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.feeds", description="Measure the feeds.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--tags", type=int, default=1_000)
    given = parser.parse_args()
    if not (given.folder / corpus.REUTERS).is_file():
        print(f"No {corpus.REUTERS} in {given.folder}: name its folder. Nothing was measured.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
        data, path = Path(scratch) / "data", Path(scratch) / "stories.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, story in enumerate(islice(corpus.stories(given.folder), given.articles)):
                story["tags"] = [f"tag-{number * step % given.tags}" for step in (1, 7, 31)]
                file.write(json.dumps(story) + "\n")
        environment = os.environ | {"DATELINE_DATA": str(data), "DATELINE_SAMPLES": "0"}
        for command in (["migrate"], ["import", str(path)]):
            subprocess.run(
                [sys.executable, "-m", "service.cli", *command], env=environment, check=True, capture_output=True
            )
        print(f"{given.articles:,} articles with {given.tags:,} tags")
        dateline = open_dateline(Settings(data=data))
        measure(dateline, given.tags)
        dateline.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
