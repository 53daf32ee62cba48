"""A separate process that writes to an archive: `python -m tests.support.archive_writer migrate|save URL`."""

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
    """Start the process. Its lines on stdout are the ids of articles whose storage was acknowledged."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.archive_writer", what, url, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def acknowledgements(process: subprocess.Popen[str]) -> IO[str]:
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
