"""What people, scripts and attackers type into search fields: how long each answer takes, and in how much memory.

    python -m bench.nasty [FOLDER] [--articles 100000]

FOLDER (default ../shared/corpora) holds reuters21578.jsonl.gz. The queries are those of tests/nasty_queries.py, each
with facets and with passages of what is found. Writes the table to stdout and to bench/nasty.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

from archive.search.index import SearchQuery
from archive.search.snippets import snippet
from bench import corpus
from bench.memory import MB, own_peak
from bench.peers import Fts5
from bench.rankings import as_shipped
from service.worker.consumers.index import REBUILD_BATCH
from tests.support.nasty_queries import NASTY_QUERIES

TABLE = Path(__file__).parent / "nasty.md"
MOST_SECONDS, MOST_MEGABYTES = 2.0, 200
SHOWN = 20


def asking_process(folder: Path) -> None:
    """Asks everything, one after the other as a web process does; milliseconds and hits of each, and the peak in MB."""
    index, texts = as_shipped(folder / "whoosh"), Fts5(folder / "texts.db")
    index.search(SearchQuery(text="opening"))
    answers = []
    for text in NASTY_QUERIES:
        began = time.perf_counter()
        results = index.search(SearchQuery(text=text, per_page=10))
        for found in texts.texts([hit.id for hit in results.hits]).values():
            snippet(results.searched, found)
        answers.append(((time.perf_counter() - began) * 1000, results.total))
    print(json.dumps({"answers": answers, "peak": own_peak() / MB}))


def build(folder: Path, corpora: Path, articles: int) -> None:
    stories = corpus.stories(corpora)
    index, texts = as_shipped(folder / "whoosh"), Fts5(folder / "texts.db")
    index.clear(until=articles)
    for begin in range(0, articles, REBUILD_BATCH):
        some = list(islice(stories, min(REBUILD_BATCH, articles - begin)))
        index.apply([corpus.article_of(story) for story in some], position=begin + len(some))
        texts.add(some)
    index.tidy()
    index.close()


def table(articles: int, answers: Sequence[tuple[float, int]], peak: float) -> str:
    slowest = sorted(zip(answers, NASTY_QUERIES, strict=True), key=lambda one: -one[0][0])
    times = [milliseconds for milliseconds, _ in answers]
    kept = max(times) <= MOST_SECONDS * 1000 and peak <= MOST_MEGABYTES
    return "\n".join(
        [
            "# Nasty queries",
            "",
            f"`python -m bench.nasty`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {articles:,} articles.",
            f"{len(answers)} queries, one after the other in one process, with facets and passages:",
            f"median {median(times):.1f} ms, the longest {max(times):.0f} ms, {peak:.0f} MB at most.",
            f"Bound: {MOST_SECONDS:.0f} s and {MOST_MEGABYTES} MB for any of them, {'kept' if kept else '**missed**'}.",
            "",
            f"The {SHOWN} that took longest:",
            "",
            "| query | ms | found |",
            "|---|---:|---:|",
            *(f"| {_shown(text)} | {took:.1f} | {total:,} |" for (took, total), text in slowest[:SHOWN]),
            "",
        ]
    )


def _shown(text: str) -> str:
    """As much of it as a table can hold."""
    begin = json.dumps(text[:40]).replace("|", "\\|").replace("`", "'")
    return f"`{begin}`" + (f" … {len(text):,} characters" if len(text) > len(text[:40]) else "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nasty", description="Ask what no one should.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--process", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.process:
        asking_process(given.process)
        return 0
    if not (given.folder / corpus.REUTERS).is_file():
        print(f"No {corpus.REUTERS} in {given.folder}: name its folder. Nothing was measured.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
        build(Path(scratch), given.folder, given.articles)
        command = [sys.executable, "-m", "bench.nasty", "--process", scratch]
        said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    shown = table(given.articles, said["answers"], said["peak"])
    print(shown)
    TABLE.write_text(shown, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
