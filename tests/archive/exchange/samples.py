"""Helpers that write files to import, and read the result of an import."""

from __future__ import annotations

import gzip
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.article import Article, Status
from archive.exchange.report import Report
from archive.sql.archive import SqlArchive
from archive.store.listings import ArticleQuery


def a_file(path: Path, content: str | bytes, *, modified: datetime | None = None) -> Path:
    """A file with exactly this content; gzipped if its name ends in `.gz`."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    if modified is not None:
        os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path


def lines(path: Path, *articles: dict[str, Any] | str) -> Path:
    """A JSON Lines file; strings are written unchanged."""
    return a_file(path, "\n".join(one if isinstance(one, str) else json.dumps(one) for one in articles) + "\n")


def counts(report: Report) -> tuple[int, int, int, int]:
    """The report's numbers of added, changed, unchanged and failed items."""
    return report.added, report.changed, report.unchanged, report.failures


def reasons(report: Report) -> dict[str, str]:
    """The reasons of failures, by the name and line of the file."""
    return {Path(failure.location).name: "; ".join(failure.reasons) for failure in report.failed}


def notes(report: Report) -> list[str]:
    return [note.text for note in report.notes]


def everything(archive: SqlArchive) -> list[Article]:
    return list(archive.articles.every())


def the_article(archive: SqlArchive) -> Article:
    [article] = archive.articles.every()
    return article


def titles(archive: SqlArchive) -> list[str]:
    """The titles of all articles, newest first."""
    return [article.title for article in archive.listings.find(ArticleQuery(statuses=frozenset(Status)))]
