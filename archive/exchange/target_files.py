"""Target files of an export: written atomically, and gzipped if their suffix is `.gz`."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from archive.errors import DatelineError, StorageFull


class CannotWrite(DatelineError):
    """The target of an export cannot be written. An existing file there is unchanged."""

    code = "cannot_write"


@contextmanager
def complete_file(target: Path) -> Iterator[BinaryIO]:
    """A temporary file that is renamed to `target` once it is synced to disk. Deleted after an error."""
    part = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def gzipped_by_suffix(raw: BinaryIO, target: Path) -> Iterator[BinaryIO]:
    """The stream itself, or one that gzips into it if `target` ends in `.gz`."""
    if target.suffix != ".gz":
        yield raw
        return
    # No name and no time in the gzip header, so that the same articles give the same bytes.
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
        yield cast("BinaryIO", packed)


@contextmanager
def write_errors(target: Path) -> Iterator[None]:
    """Translates OSError to StorageFull or CannotWrite."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"no space is left for {target}; nothing was exported") from error
        raise CannotWrite(f"{target} cannot be written: {error.strerror}") from error
