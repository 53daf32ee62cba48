"""Worker processes that build segments, to index large batches on all processors."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from archive.article import Article
from archive.errors import IndexUnavailable
from archive.search.whoosh.segment.entry import SegmentEntry, store_segment

MAX_PROCESSES: Final = 4  # more would wait for the disk and for the process that sends them articles
NICENESS: Final = 10
START: Final = [sys.executable, "-m", __name__]


class BuilderProcesses:
    """A pool of worker processes. The first `build` starts them; they end with `close` or with this process."""

    def __init__(self, number: int | None = None) -> None:
        self._number = number or min(len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2, MAX_PROCESSES)
        self._processes: list[subprocess.Popen[bytes]] = []

    def build(self, articles: Sequence[Article], folder: Path) -> list[SegmentEntry]:
        """Builds durable segments in `folder` from articles with distinct ids.

        Raises OSError if writing fails, and IndexUnavailable if a process has died, which may leave files behind."""
        if not self._processes:
            self._processes = [_start() for _ in range(self._number)]
        share = -(-len(articles) // len(self._processes))
        shares = [articles[begin : begin + share] for begin in range(0, len(articles), share)]
        try:
            used = self._processes[: len(shares)]
            for process, own_share in zip(used, shares, strict=True):
                _send((str(folder), own_share), process.stdin)
            results = [pickle.load(process.stdout) for process in used if process.stdout]  # noqa: S301 - our own
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.close()
            raise IndexUnavailable(f"a process that builds the search index has ended: {error!r}") from error
        except BaseException:
            self.close()  # the next batch would mistake an unread result for its own
            raise
        built = [result for result in results if isinstance(result, SegmentEntry)]
        for failure in (result for result in results if isinstance(result, int)):
            for entry in built:
                (folder / entry.file).unlink(missing_ok=True)
            raise OSError(failure, os.strerror(failure))
        return built

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()
        self._processes = []


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - runs this module
        START,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _send(value: object, to: IO[bytes] | None) -> None:
    if to is not None:
        pickle.dump(value, to, pickle.HIGHEST_PROTOCOL)
        to.flush()


def main() -> None:
    """Builds segments from the articles on standard input until it is closed. Writes each result to standard output."""
    from archive.search.whoosh.indexing.segment_writer import build_segment

    os.nice(NICENESS)
    while True:
        try:
            folder, articles = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        try:
            result: SegmentEntry | int = store_segment(Path(folder), *build_segment(articles))
        except OSError as error:
            result = error.errno or 0
        _send(result, sys.stdout.buffer)


if __name__ == "__main__":
    main()
