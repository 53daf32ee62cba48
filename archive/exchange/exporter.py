"""Export: the whole archive as JSON Lines, or as a folder of Markdown files. Both can be imported again."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

from archive.article import Article
from archive.errors import DatelineError, StorageFull
from archive.exchange.formats import jsonl, markdown
from archive.store.archive import Archive

STEP: Final = 500  # articles between two calls of `progress`
LONGEST_NAME: Final = 200  # bytes; file systems allow 255


class CannotWrite(DatelineError):
    """The target of an export cannot be written; what stood there before still does."""

    code = "cannot_write"


def export_jsonl(
    archive: Archive,
    target: Path,
    *,
    since: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Every article, drafts and withdrawn ones included, one a line, by id; gzipped where `target` ends in `.gz`.

    The file appears under its name when it is complete. Returns how many; `progress` hears how many
    so far. `since`: only those modified at or after it. Raises CannotWrite and StorageFull."""
    if target.is_dir():
        raise CannotWrite(f"{target} is a folder; name a file, such as {target / 'archive.jsonl.gz'}")
    with _explained(target), _complete(target) as raw, _packed(raw, target) as stream:
        number = 0
        for article in archive.articles.every(since=since):
            stream.write(jsonl.line(article))
            number += 1
            _tell(progress, number)
        return number


def export_markdown(
    archive: Archive,
    folder: Path,
    *,
    since: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Every article as `2023/12/14/slug.md`, those without an address under `drafts/`; returns how many.

    A file whose content stays the same is not written again. Nothing is removed: export into an empty
    folder where files of articles that have moved since would be in the way. Raises CannotWrite and StorageFull."""
    with _explained(folder):
        number = 0
        for article in archive.articles.every(since=since):
            path = folder / _name(article)
            content = markdown.document(article).encode()
            if not (path.is_file() and path.read_bytes() == content):
                path.parent.mkdir(parents=True, exist_ok=True)
                with _complete(path) as stream:
                    stream.write(content)
            number += 1
            _tell(progress, number)
        return number


def _tell(progress: Callable[[int], None] | None, number: int) -> None:
    if progress is not None and number % STEP == 0:
        progress(number)


def _name(article: Article) -> Path:
    slug = article.slug
    if article.path is None or len(slug.encode()) > LONGEST_NAME:
        slug = f"{slug.encode()[:LONGEST_NAME].decode(errors='ignore')}-{article.id}"
    if article.path is None or article.day is None:
        return Path("drafts", f"{slug}.md")
    year, month, day = article.day.isoformat().split("-")
    return Path(year, month, day, f"{slug}.md")


@contextmanager
def _complete(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its name once everything is on the disk, and leaves nothing behind otherwise."""
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        with beside.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


@contextmanager
def _packed(raw: BinaryIO, target: Path) -> Iterator[BinaryIO]:
    if target.suffix != ".gz":
        yield raw
        return
    # No name and no time inside: the same archive gives the same bytes.
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
        yield cast("BinaryIO", packed)


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"no space is left for {target}; nothing was exported") from error
        raise CannotWrite(f"{target} cannot be written: {error.strerror}") from error
