"""Measures everything in one run, and writes the table to stdout and to bench/README.md.

    python -m bench [FOLDER] [--quick]

FOLDER (default ../shared/corpora) holds reuters21578.jsonl.gz, which does not belong to the project.
`--quick` takes small sizes, to see whether it runs; its figures are shown and not kept."""

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
    """`archives`: with how many articles the delays are measured; at the second one everything else is, too."""

    archives: tuple[int, int, int]
    warm_up: int
    posts: int
    rounds: int
    seconds: int
    idle: float


WHOLE = Size((1_000, 20_000, 100_000), warm_up=10, posts=60, rounds=5, seconds=3, idle=60)
QUICK = Size((200, 1_000, 2_000), warm_up=2, posts=10, rounds=1, seconds=1, idle=1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Dateline.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--quick", action="store_true", help="small sizes; nothing is written")
    given = parser.parse_args()
    if not (given.folder / corpus.REUTERS).is_file():
        print(f"No {corpus.REUTERS} in {given.folder}: name its folder. Nothing was measured.", file=sys.stderr)
        return 1
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="dateline-bench-") as scratch:
        Path(scratch).chmod(0o755)  # nginx's processes are another user when root starts it
        figures = _measure(given.folder, Path(scratch), QUICK if given.quick else WHOLE)
    table = document(figures, load)
    print(table)
    if not given.quick:
        README.write_text(table, encoding="utf-8")
    return 0


def _measure(corpora: Path, folder: Path, size: Size) -> Figures:
    """One archive that grows, so that all sizes see the same service in the same hour."""
    figures = Figures()
    some = corpus.stories(corpora)
    with running_service(folder) as service:
        held = 0
        for number, articles in enumerate(size.archives):
            path = corpus.write(some, articles - held, folder / "stories.jsonl")
            _say(f"importing {articles - held:,} articles")
            figures.imported.append(importing.measure(service, path, articles - held))
            _say(f"posting {size.posts} articles into {articles:,}")
            measured = delay.measure(service, some, articles=articles, warm_up=size.warm_up, posts=size.posts)
            figures.delays.append(measured)
            held = articles + size.warm_up + size.posts
            if number == 1:
                _measure_serving(figures, service, some, folder, size)
    return figures


def _measure_serving(
    figures: Figures, service: RunningService, some: Iterator[Story], folder: Path, size: Size
) -> None:
    _say("letting the service rest")
    time.sleep(size.idle)
    figures.held = memory.measure(service)
    if missing := serving.missing():
        figures.left_out.append(f"serving, for there is no {' and no '.join(missing)} (Debian has both)")
        return
    _say("serving feeds")
    figures.compared = serving.measure(service, some, folder / "nginx", rounds=size.rounds, seconds=size.seconds)


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
