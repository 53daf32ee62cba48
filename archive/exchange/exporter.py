"""Export of the archive, in a format that can be imported again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from archive.article import Article
from archive.exchange.formats.registry import writer_of
from archive.exchange.target_files import write_errors
from archive.store.archive import Archive

PROGRESS_STEP: Final = 500  # articles per call of `progress`


def export_articles(
    archive: Archive,
    target: Path,
    *,
    format_name: str = "jsonl",
    since: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write all articles to `target`, including drafts and withdrawn ones, ordered by id; returns their number.

    `since`: only articles modified at or after it. `progress` is called with the number of articles written so far.
    Raises CannotWrite, StorageFull and UnknownFormat."""
    write = writer_of(format_name)
    articles = _CountedArticles(archive.articles.every(since=since), progress)
    with write_errors(target):
        write(iter(articles), target)
    return articles.count


class _CountedArticles:
    def __init__(self, articles: Iterator[Article], progress: Callable[[int], None] | None) -> None:
        self.articles = articles
        self.progress = progress
        self.count = 0

    def __iter__(self) -> Iterator[Article]:
        for article in self.articles:
            yield article
            self.count += 1
            if self.progress is not None and self.count % PROGRESS_STEP == 0:
                self.progress(self.count)
