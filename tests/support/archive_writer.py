"""A process of its own that works on an archive: `python -m tests.support.archive_writer migrate|save URL`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from archive.sql import SqlArchive
from tests.support.builders import added

ROOT = Path(__file__).parents[2]


def start(what: str, url: str, *, count: int = 0) -> subprocess.Popen[str]:
    """The process; its lines on stdout are the ids that it was told are stored."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.archive_writer", what, url, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def main(what: str, url: str, count: int) -> None:
    archive = SqlArchive(url)
    if what == "migrate":
        print(archive.migrate()[1])
        return
    for number in range(count):
        name = f"{os.getpid()}-{number}"
        print(added(archive, id=name, slug=name, tags=["wheat"]).id, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
