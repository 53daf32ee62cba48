"""Runs the main benchmarks, and writes the table to stdout and to bench/README.md.

    python -m bench [FOLDER] [--quick]

FOLDER (default ../shared/corpora) contains reuters21578.jsonl.gz, which is not part of the project.
`--quick` uses small sizes, as a smoke test; its figures are printed only."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import corpus, delay, importing, memory, serving
from bench.corpus import Story
from bench.table import Figures, document
from tests.support.running import RunningService, running_service

README = Path(__file__).parent / "README.md"


@dataclass(frozen=True)
class Size:
    """The sizes of a run. `archives`: numbers of articles to measure delays at; the second is used for all other
    measurements too. `seconds`: per request rate. `idle`: seconds before memory is measured."""

    archives: tuple[int, int, int]
    warm_up: int
    posts: int
    rounds: int
    seconds: int
    idle: float


FULL = Size((1_000, 20_000, 100_000), warm_up=10, posts=60, rounds=5, seconds=3, idle=60)
QUICK = Size((200, 1_000, 2_000), warm_up=2, posts=10, rounds=1, seconds=1, idle=1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Dateline.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--quick", action="store_true", help="small sizes; nothing is written")
    arguments = parser.parse_args()
    if not (arguments.folder / corpus.REUTERS).is_file():
        print(f"{corpus.REUTERS} is not in {arguments.folder}: pass its folder. Nothing was measured.", file=sys.stderr)
        return 1
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
        Path(scratch).chmod(0o755)  # if root starts nginx, its workers run as another user
        figures = _measure(arguments.folder, Path(scratch), QUICK if arguments.quick else FULL)
    table = document(figures, load)
    print(table)
    if not arguments.quick:
        README.write_text(table, encoding="utf-8")
    return 0


def _measure(corpora: Path, folder: Path, size: Size) -> Figures:
    """Measures one growing archive, so that all sizes have the same service and machine state."""
    figures = Figures()
    stories = corpus.stories(corpora)
    with running_service(folder) as service:
        archived = 0
        for number, articles in enumerate(size.archives):
            path = corpus.write(stories, articles - archived, folder / "stories.jsonl")
            _log(f"importing {articles - archived:,} articles")
            figures.imported.append(importing.measure(service, path, articles - archived))
            _log(f"posting {size.posts} articles into an archive of {articles:,}")
            measured = delay.measure(service, stories, articles=articles, warm_up=size.warm_up, posts=size.posts)
            figures.delays.append(measured)
            archived = articles + size.warm_up + size.posts
            if number == 1:
                _measure_serving(figures, service, stories, folder, size)
    return figures


def _measure_serving(
    figures: Figures, service: RunningService, stories: Iterator[Story], folder: Path, size: Size
) -> None:
    _log("waiting until the service is idle")
    time.sleep(size.idle)
    figures.memory = memory.measure(service)
    if missing := serving.missing():
        figures.skipped.append(f"serving: {' and '.join(missing)} not installed (Debian has both)")
        return
    _log("serving feeds")
    figures.compared = serving.measure(service, stories, folder / "nginx", rounds=size.rounds, seconds=size.seconds)


def _log(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
