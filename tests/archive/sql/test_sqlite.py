"""The archive in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url

from archive.article import Status
from archive.errors import ArchiveUnavailable, StorageFull
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.sql import SqlArchive
from archive.sql.connections.sqlite_checkpoints import LOCK_SUFFIX
from archive.store.archive import Archive
from archive.store.articles import Save
from archive.store.changes import ChangeKind
from archive.store.listings import ArticleQuery, SortKey
from tests.contracts.sql import SqlArchiveContract
from tests.support.archives import a_lease, a_rendition, everything
from tests.support.builders import NOON, added, an_article


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'empty.db'}"


class TestSqliteArchive(SqlArchiveContract):
    pass


# Settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("wal_autocheckpoint", 1000)],
)
def test_every_connection_has_the_settings_that_keep_what_was_acknowledged(
    archive: SqlArchive, setting: str, value: object
) -> None:
    archive.tidy(now=NOON)
    with archive._database.engine.connect() as one, archive._database.engine.connect() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql(f"PRAGMA {setting}").scalar() == value


def test_a_process_can_leave_checkpoints_to_another(archive_url: str) -> None:
    archive = SqlArchive(archive_url, checkpoints=False)
    assert not checkpoints(archive)
    archive.close()


def checkpoints(archive: SqlArchive) -> bool:
    """Whether this archive's connections checkpoint automatically."""
    with archive._database.engine.connect() as connection:
        return bool(connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar())


def test_one_process_at_a_time_checkpoints(open_archive: Callable[[], SqlArchive]) -> None:
    one, other = open_archive(), open_archive()
    assert (checkpoints(one), checkpoints(other)) == (True, False)
    added(other)
    other.tidy(now=NOON)
    assert (checkpoints(one), checkpoints(other)) == (True, False)
    one.close()
    other.tidy(now=NOON)
    assert checkpoints(other)


def test_a_lock_that_cannot_be_opened_is_logged_once(archive_url: str, caplog: pytest.LogCaptureFixture) -> None:
    lock = Path(f"{make_url(archive_url).database}{LOCK_SUFFIX}")
    lock.mkdir()
    archive = SqlArchive(archive_url)
    assert not checkpoints(archive)
    archive.tidy(now=NOON)
    [told] = caplog.records
    assert str(lock) in told.getMessage()
    archive.close()


def test_read_permission_on_the_lock_file_is_enough(archive_url: str) -> None:
    Path(f"{make_url(archive_url).database}{LOCK_SUFFIX}").touch(0o444)
    archive = SqlArchive(archive_url)
    assert checkpoints(archive)
    archive.close()


def test_tidy_checkpoints_in_the_process_that_holds_the_lock(
    open_archive: Callable[[], SqlArchive], tmp_path: Path
) -> None:
    one, other = open_archive(), open_archive()
    assert checkpoints(one)
    before = (tmp_path / "dateline.db").read_bytes()
    added(other)
    other.tidy(now=NOON)
    assert (tmp_path / "dateline.db").read_bytes() == before
    one.tidy(now=NOON)
    assert (tmp_path / "dateline.db").read_bytes() != before


def test_it_says_which_version_it_is(archive: SqlArchive) -> None:
    assert archive.version() == f"SQLite {sqlite3.sqlite_version}"


def test_a_writer_waits_before_it_reads_and_a_reader_waits_for_nobody(archive: SqlArchive) -> None:
    added(archive)
    with archive._database.writing() as writing:
        other = sqlite3.connect(str(archive._database.engine.url.database), timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        assert len(archive.listings.find(ArticleQuery())) == 1
        assert writing.in_transaction()


def test_the_table_of_labels_is_stored_in_the_order_of_lists(archive: SqlArchive) -> None:
    with archive._database.engine.connect() as connection:
        sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'labels'").scalar_one()
    assert sql.rstrip().endswith("WITHOUT ROWID")


# Plans ----------------------------------------------------------------------------------------------

TAG = Label(LabelKind.TAG, "wheat")
PLACE = SortKey(NOON, "article")
BY_DATE = "SEARCH articles USING INDEX ix_articles_newest"
BY_LABEL = "SEARCH labels USING PRIMARY KEY"
PLANS: dict[str, tuple[Callable[[Archive], Any], str]] = {
    "newest": (lambda a: a.listings.find(ArticleQuery()), BY_DATE),
    "older": (lambda a: a.listings.find(ArticleQuery(after=PLACE)), BY_DATE),
    "newer": (lambda a: a.listings.find(ArticleQuery(before=PLACE)), BY_DATE),
    "of a label": (lambda a: a.listings.find(ArticleQuery(label=TAG)), BY_LABEL),
    "of a label, older": (lambda a: a.listings.find(ArticleQuery(label=TAG, after=PLACE)), BY_LABEL),
    "of a label in a year": (lambda a: a.listings.find(ArticleQuery(label=TAG, period=Period(2026))), BY_LABEL),
    "of a day": (lambda a: a.listings.find(ArticleQuery(period=Period(2026, 3, 14))), BY_DATE),
    "of a year, older": (lambda a: a.listings.find(ArticleQuery(period=Period(2026), after=PLACE)), BY_DATE),
    "of every status": (
        lambda a: a.listings.find(ArticleQuery(statuses=frozenset(Status), after=PLACE)),
        "ix_articles_listed",
    ),
    "of two statuses": (
        lambda a: a.listings.find(ArticleQuery(statuses=frozenset({Status.DRAFT, Status.PUBLISHED}), after=PLACE)),
        "ix_articles_listed",
    ),
    "due": (lambda a: a.articles.due(NOON), BY_DATE),
    "next due": (lambda a: a.articles.next_due(), "COVERING INDEX ix_articles_newest"),
    "how many": (lambda a: a.listings.count(ArticleQuery()), "COVERING INDEX"),
    "how many in a month": (lambda a: a.listings.count(ArticleQuery(period=Period(2026, 3))), "COVERING INDEX"),
    "how many of a label": (lambda a: a.listings.count(ArticleQuery(label=TAG)), BY_LABEL),
    "labels": (lambda a: a.listings.labels(LabelKind.TAG), BY_LABEL),
    "a label": (lambda a: a.listings.label(TAG), BY_LABEL),
    "periods": (lambda a: a.listings.months(), "COVERING INDEX ix_articles_day"),
    "by address": (lambda a: a.articles.resolve("/x"), "SEARCH addresses USING INDEX sqlite_autoindex_addresses_1"),
    "all": (lambda a: list(a.articles.every()), "SEARCH articles USING INDEX sqlite_autoindex_articles_1"),
    "modified": (
        lambda a: list(a.articles.every(since=NOON + timedelta(days=1))),
        "SEARCH articles USING COVERING INDEX ix_articles_modified",
    ),
    "the log": (
        lambda a: a.changes.after(7, kind=ChangeKind.ARTICLE, limit=9),
        "INDEX ix_changes_kind (kind=? AND seq>?)",
    ),
    "the last change": (lambda a: a.changes.last(), "COVERING INDEX ix_changes_kind"),
    "a document": (lambda a: a.renditions.get("/x"), "sqlite_autoindex_renditions_1"),
    "a token": (lambda a: a.tokens.find("x"), "ix_tokens_digest"),
    "imported": (lambda a: a.articles.imported(["x"]), "sqlite_autoindex_origins_1"),
}


@pytest.fixture(scope="module")
def well_filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlArchive]:
    """An archive of 300 articles with gathered statistics (ANALYZE)."""
    archive = SqlArchive(f"sqlite:///{tmp_path_factory.mktemp('filled') / 'dateline.db'}")
    archive.migrate()
    wishes = [an_article(tags=["wheat"], published=str(NOON.date() - timedelta(days=day))) for day in range(300)]
    archive.articles.save_all([Save(article=wish, expected_revision=0) for wish in wishes])
    with archive._database.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    yield archive
    archive.close()


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize("wish", PLANS)
def test_lists_are_found_by_index_and_not_sorted(
    archive: SqlArchive, well_filled: SqlArchive, wish: str, filled: bool
) -> None:
    ask, index = PLANS[wish]
    plan = _plan(well_filled if filled else archive, ask)
    assert index in plan
    if wish != "a token":  # few rows: sorting is cheap
        assert "TEMP B-TREE" not in plan
    assert "SCAN" not in plan.replace("SCAN articles USING COVERING INDEX ix_articles_day", "")


def _plan(archive: SqlArchive, ask: Callable[[Archive], Any]) -> str:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(archive._database.engine, "before_cursor_execute", note)
    ask(archive)
    event.remove(archive._database.engine, "before_cursor_execute", note)
    with archive._database.engine.connect() as connection:
        steps = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all() for sql, given in asked]
    return "\n".join(step[3] for some in steps for step in some)


# A full disk, and unusable files -----------------------------------------------------------------


def test_a_full_disk_is_reported_and_nothing_is_stored(archive: SqlArchive) -> None:
    first = added(archive, tags=["wheat"])
    lease = a_lease(archive)
    before = everything(archive)
    with archive._database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    @event.listens_for(archive._database.engine, "checkout")
    def limit(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 3}")

    long = "<p>" + "word " * 100_000
    small, large = an_article(), an_article(content_html=long)
    for refused in (
        lambda: added(archive, content_html=long, tags=["corn"]),
        lambda: archive.articles.save(
            Save(article=an_article(id=first.id, guid=first.guid, content_html=long), expected_revision=1)
        ),
        lambda: archive.articles.save_all([Save(article=one, expected_revision=0) for one in (small, large)]),
        lambda: archive.renditions.put([a_rendition("/a"), a_rendition("/b", long)], lease),
    ):
        with pytest.raises(StorageFull, match="the archive's disk is full; nothing was stored"):
            refused()
        assert everything(archive) == before
    pages += 1_000
    assert archive.articles.save(Save(article=large, expected_revision=0)).revision == 1


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "dateline.db"
    _refused(file, f"cannot open {file}: its folder is missing, or this user has no permission to write there")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    _refused(tmp_path, f"cannot open {tmp_path}: ")


def test_a_file_that_is_not_a_database_is_named_and_not_changed(tmp_path: Path) -> None:
    file = tmp_path / "dateline.db"
    file.write_bytes(b"Dear diary, today I became a database. " * 1_000)
    _refused(file, f"{file} is not a SQLite database, or is damaged: restore a backup")
    assert file.read_bytes().startswith(b"Dear diary")


def test_a_torn_file_is_named(archive_url: str, tmp_path: Path) -> None:
    file = tmp_path / "dateline.db"
    with file.open("r+b") as torn:
        torn.truncate(20_000)
    archive = SqlArchive(archive_url)
    with pytest.raises(ArchiveUnavailable, match=f"{file} is damaged: restore a backup"):
        added(archive)
    archive.close()


def test_a_file_that_may_not_be_written_is_named(archive_url: str, tmp_path: Path) -> None:
    archive = SqlArchive(f"{archive_url.replace('sqlite:///', 'sqlite:///file:')}?mode=ro&uri=true")
    with pytest.raises(ArchiveUnavailable, match="this user has no permission to write"):
        added(archive)
    archive.close()


def _refused(file: Path, words: str) -> None:
    archive = SqlArchive(f"sqlite:///{file}")
    for ask in (archive.check_schema, archive.migrate, archive.changes.head, lambda: added(archive)):
        with pytest.raises(ArchiveUnavailable) as told:
            ask()
        assert str(told.value).startswith(words)
    archive.close()
