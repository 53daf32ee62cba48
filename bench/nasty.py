"""Time and memory of hostile and malformed search queries.

    python -m bench.nasty [FOLDER] [--articles 100000]

FOLDER (default ../shared/corpora) contains reuters21578.jsonl.gz. The queries are those of
tests/support/nasty_queries.py, each with facets and snippets. Writes the table to stdout and to bench/nasty.md."""

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
MAX_SECONDS, MAX_MEGABYTES = 2.0, 200
MAX_SHOWN = 20


def query_process(folder: Path) -> None:
    """Runs all queries in sequence, as a web process does. Prints the milliseconds and hits of each, and the peak
    memory in MB, as JSON."""
    index, texts = as_shipped(folder / "whoosh"), Fts5(folder / "texts.db")
    index.search(SearchQuery(text="opening"))
    answers = []
    for text in NASTY_QUERIES:
        began = time.perf_counter()
        results = index.search(SearchQuery(text=text, per_page=10))
        for body in texts.texts([hit.id for hit in results.hits]).values():
            snippet(results.searched, body)
        answers.append(((time.perf_counter() - began) * 1000, results.total))
    print(json.dumps({"answers": answers, "peak": own_peak() / MB}))


def build(folder: Path, corpora: Path, articles: int) -> None:
    stories = corpus.stories(corpora)
    index, texts = as_shipped(folder / "whoosh"), Fts5(folder / "texts.db")
    index.clear(until=articles)
    for begin in range(0, articles, REBUILD_BATCH):
        batch = list(islice(stories, min(REBUILD_BATCH, articles - begin)))
        index.apply([corpus.article_of(story) for story in batch], position=begin + len(batch))
        texts.add(batch)
    index.tidy()
    index.close()


def table(articles: int, answers: Sequence[tuple[float, int]], peak: float) -> str:
    slowest = sorted(zip(answers, NASTY_QUERIES, strict=True), key=lambda one: -one[0][0])
    times = [milliseconds for milliseconds, _ in answers]
    kept = max(times) <= MAX_SECONDS * 1000 and peak <= MAX_MEGABYTES
    return "\n".join(
        [
            "# Nasty queries",
            "",
            f"`python -m bench.nasty`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores;",
            f"{articles:,} articles.",
            f"{len(answers)} queries in sequence in one process, with facets and snippets:",
            f"median {median(times):.1f} ms, maximum {max(times):.0f} ms, peak {peak:.0f} MB.",
            f"Bound: {MAX_SECONDS:.0f} s and {MAX_MEGABYTES} MB for each query, {'kept' if kept else '**missed**'}.",
            "",
            f"The {MAX_SHOWN} slowest queries:",
            "",
            "| query | ms | hits |",
            "|---|---:|---:|",
            *(f"| {_shown(text)} | {took:.1f} | {total:,} |" for (took, total), text in slowest[:MAX_SHOWN]),
            "",
        ]
    )


def _shown(text: str) -> str:
    """The beginning of a query, as Markdown code for a table cell."""
    begin = json.dumps(text[:40]).replace("|", "\\|").replace("`", "'")
    return f"`{begin}`" + (f" … {len(text):,} characters" if len(text) > len(text[:40]) else "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nasty", description="Measure hostile search queries.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--process", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.process:
        query_process(arguments.process)
        return 0
    if not (arguments.folder / corpus.REUTERS).is_file():
        print(f"{corpus.REUTERS} is not in {arguments.folder}: pass its folder. Nothing was measured.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
        build(Path(scratch), arguments.folder, arguments.articles)
        command = [sys.executable, "-m", "bench.nasty", "--process", scratch]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    markdown = table(arguments.articles, result["answers"], result["peak"])
    print(markdown)
    TABLE.write_text(markdown, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
