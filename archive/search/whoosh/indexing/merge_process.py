"""Runs merges, large ones in a separate process: a thread would slow down all others of its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from archive.errors import IndexUnavailable

Sources = Sequence[tuple[Path, Sequence[int]]]  # segment files, each with its deleted documents, sorted


def merge_segments(sources: Sources, folder: Path, *, in_process: bool) -> tuple[Path, int]:
    """Writes the live documents of the sources as one segment file in `folder`. Returns its path and its number of
    documents.

    `in_process`: merge in this process. Raises OSError if reading or writing fails, IndexUnavailable if the other
    process fails otherwise."""
    if in_process:
        from archive.search.whoosh.indexing.segment_merger import merge  # loads NumPy

        return merge(sources, folder)
    work = {"sources": [(str(path), list(deleted)) for path, deleted in sources], "folder": str(folder)}
    done = subprocess.run(  # noqa: S603 - runs this module
        [sys.executable, "-m", __name__],
        input=json.dumps(work),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise IndexUnavailable(f"merging the search index failed: {done.stderr.strip()[-500:]}")
    result = json.loads(done.stdout)
    if "errno" in result:
        raise OSError(result["errno"], os.strerror(result["errno"]))
    return Path(result["path"]), result["documents"]


def main() -> None:
    from archive.search.whoosh.indexing.segment_merger import merge

    os.nice(10)
    work = json.load(sys.stdin)
    sources = [(Path(path), deleted) for path, deleted in work["sources"]]
    try:
        path, documents = merge(sources, Path(work["folder"]))
    except OSError as error:
        json.dump({"errno": error.errno}, sys.stdout)
    else:
        json.dump({"path": str(path), "documents": documents}, sys.stdout)


if __name__ == "__main__":
    main()
