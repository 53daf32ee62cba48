"""Processes that build segments, so that much is indexed on all processors."""

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
from archive.search.whoosh.segment.entry import Entry, stored

MOST: Final = 4  # processes; more wait for the disk and for the one that feeds them
NICENESS: Final = 10
START: Final = [sys.executable, "-m", __name__]


class Builders:
    """Started by the first `build`, ended by `close`, or with the process that started them."""

    def __init__(self, number: int | None = None) -> None:
        self._number = number or min(len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2, MOST)
        self._processes: list[subprocess.Popen[bytes]] = []

    def build(self, articles: Sequence[Article], folder: Path) -> list[Entry]:
        """Segments in `folder` of these articles, each id once, on the disk.

        Raises OSError as the system does, and IndexUnavailable where a process has ended, which may leave files
        that nobody names."""
        if not self._processes:
            self._processes = [_start() for _ in range(self._number)]
        share = -(-len(articles) // len(self._processes))
        parts = [articles[begin : begin + share] for begin in range(0, len(articles), share)]
        try:
            used = self._processes[: len(parts)]
            for process, part in zip(used, parts, strict=True):
                _send((str(folder), part), process.stdin)
            results = [pickle.load(process.stdout) for process in used if process.stdout]  # noqa: S301 - our own
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.close()
            raise IndexUnavailable(f"a process that builds the search index has ended: {error!r}") from error
        except BaseException:
            self.close()  # an answer that nobody has read would be taken for that to the next question
            raise
        built = [result for result in results if isinstance(result, Entry)]
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
    return subprocess.Popen(  # noqa: S603 - this very module
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
    """Builds what comes in until the other end closes."""
    from archive.search.whoosh.indexing.segment_writer import build

    os.nice(NICENESS)
    while True:
        try:
            folder, articles = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
        except EOFError:
            return
        try:
            result: Entry | int = stored(Path(folder), *build(articles))
        except OSError as error:
            result = error.errno or 0
        _send(result, sys.stdout.buffer)


if __name__ == "__main__":
    main()
