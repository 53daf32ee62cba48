"""A data folder of an earlier version is served unchanged: its index and feeds are not built again.

`data/data_folder_0004.tar.xz` was made by the version with schema 0004: three published articles, of which one was
withdrawn afterwards, and a draft, indexed and in all feeds at noon of 14 March 2026."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.search.index import SearchQuery
from archive.store.listings import ArticleQuery
from service.dateline import Dateline
from service.settings import read_settings
from service.wiring import open_dateline
from service.worker.scheduler import Worker

FOLDER = Path(__file__).parent / "data" / "data_folder_0004.tar.xz"
LATER = datetime(2026, 3, 15, 12, tzinfo=UTC)
DOCUMENTS = (
    "SELECT path, coding, etag, body, modified FROM renditions JOIN rendition_codings USING (path) ORDER BY 1, 2"
)

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    with tarfile.open(FOLDER) as packed:
        packed.extractall(folder, filter="data")
    for name, value in {"DATA": str(folder), "SITE_URL": "https://news.example.org/", "HUB": "off"}.items():
        monkeypatch.setenv(f"DATELINE_{name}", value)
    return folder


@pytest.fixture
def dateline(folder: Path) -> Iterator[Dateline]:
    with closing(open_dateline(read_settings(), clock=lambda: LATER, migrate=True)) as opened:
        yield opened


def documents(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "archive.db")) as database:
        return database.execute(DOCUMENTS).fetchall()


def index_files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "search").iterdir() if file.is_file()}


def test_the_worker_changes_neither_documents_nor_index(folder: Path, dateline: Dateline) -> None:
    before = documents(folder), index_files(folder), dateline.archive.changes.head()
    assert len(before[0]) > 100
    assert Worker(dateline).run_once()
    assert (documents(folder), index_files(folder), dateline.archive.changes.head()) == before


def test_its_articles_are_found_by_the_index_as_it_is(dateline: Dateline) -> None:
    [wheat] = dateline.index.search(SearchQuery(text="exporting wheat")).hits
    assert dateline.archive.articles.get(wheat.id).title == "Wheat exports rise"
    assert dateline.index.search(SearchQuery(text="withdrawn")).total == 0


def test_an_article_that_was_public_is_known_to_have_been(dateline: Dateline) -> None:
    was_public = {article.title: article.was_public for article in dateline.archive.articles.every()}
    assert was_public == {
        "Wheat exports rise": False,  # it has one revision
        "Ein Café am Hafen": False,
        "Withdrawn later": True,
        "Not yet": False,
    }
    assert [article.title for article in dateline.archive.listings.find(ArticleQuery())] == [
        "Ein Café am Hafen",
        "Wheat exports rise",
    ]
