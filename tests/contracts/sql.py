"""What a SQL database promises beyond the contract of archives: atomic under any failure, and always upgraded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from archive.errors import ArchiveOutdated, ArchiveUnavailable
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.serialization import to_document
from archive.sql import SqlArchive
from archive.sql.migrations import upgrade
from archive.sql.schema import metadata
from archive.store.articles import Origin, RequestKey, Save
from archive.store.changes import ChangeKind
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import ArticleQuery
from tests.archive.sql import dumps
from tests.contracts.archive import ArchiveContract
from tests.support import archive_writer
from tests.support.archives import a_lease, a_rendition, everything
from tests.support.builders import added, an_article, changed


class SqlArchiveContract(ArchiveContract):
    """Give it the fixtures `archive_url` and `empty_url`, the latter of a database without tables."""

    # Failures ---------------------------------------------------------------------------------------

    def test_whatever_statement_of_a_save_fails_nothing_is_stored(self, archive: SqlArchive) -> None:
        first = added(archive, tags=["wheat"])
        changed(archive, first, slug="two")
        before = everything(archive)

        def save() -> None:
            request, origin = RequestKey("key", by="ann", digest="1"), Origin("file:one", "1")
            revised = an_article(id=first.id, guid=first.guid, slug="three", tags=["corn"])
            archive.articles.save_all(
                [
                    Save(article=an_article(tags=["rye"]), expected_revision=0),
                    Save(article=revised, expected_revision=2, request=request, origin=origin),
                ]
            )

        assert _fails_at_every_statement(archive, save, before) > 12
        assert archive.changes.head() == 4

    def test_whatever_statement_of_storing_documents_fails_none_is_stored(self, archive: SqlArchive) -> None:
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/a", "1", gzip=b"1"), a_rendition("/same")], lease)
        before = everything(archive)

        def put() -> None:
            archive.renditions.put([a_rendition("/a", "2"), a_rendition("/b"), a_rendition("/same")], lease)

        assert _fails_at_every_statement(archive, put, before) > 8
        assert archive.changes.head() == 4

    def test_whoever_writes_for_a_lease_orders_himself_among_all_writers_before_he_looks_at_it(
        self, archive: SqlArchive
    ) -> None:
        lease = a_lease(archive)
        for write in (
            lambda: archive.renditions.put([a_rendition("/a")], lease),
            lambda: archive.feed_volumes.put([ArchiveDocument(Period(2026, 3), 1)], lease),
            lambda: archive.facts.set("schedule", "done", lease),
        ):
            with _statements(archive) as said:
                write()
            assert said[0].startswith("UPDATE head ")

    def test_a_database_of_unknown_kind_is_named_without_its_password(self) -> None:
        with pytest.raises(
            ArchiveUnavailable, match=r"'mysql://ann:\*\*\*@db/x' is not of a supported kind; the kinds are sqlite"
        ):
            SqlArchive("mysql://ann:secret@db/x")

    # Processes --------------------------------------------------------------------------------------

    @pytest.mark.slow
    def test_whoever_follows_the_log_misses_nothing_that_other_processes_write(
        self, archive: SqlArchive, archive_url: str
    ) -> None:
        writers = [archive_writer.start("save", archive_url, count=25) for _ in range(3)]
        position, seen = 0, list[str]()
        while any(one.poll() is None for one in writers) or position < archive.changes.head():
            for change in archive.changes.after(position, kind=ChangeKind.ARTICLE, limit=4):
                assert change.seq == position + 1
                position = change.seq
                seen.append(change.subject)
        acknowledged = {line.strip() for one in writers for line in one.communicate(timeout=60)[0].splitlines()}
        assert (sorted(seen), len(seen)) == (sorted(acknowledged), 75)

    @pytest.mark.slow
    def test_a_killed_writer_loses_nothing_that_it_was_told_is_stored(
        self, open_archive: Callable[[], SqlArchive], archive_url: str
    ) -> None:
        chance, acknowledged = Random(7), set[str]()
        for _ in range(6):
            process = archive_writer.start("save", archive_url, count=10_000)
            wanted = chance.randrange(1, 40)
            acknowledged |= {archive_writer.acknowledgements(process).readline().strip() for _ in range(wanted)}
            process.kill()
            acknowledged |= {line.strip() for line in archive_writer.acknowledgements(process) if line.endswith("\n")}
            process.wait(60)
            archive_writer.acknowledgements(process).close()
        archive = open_archive()
        stored = {article.id for article in archive.articles.every()}
        logged = [change.subject for change in archive.changes.after(0, kind=ChangeKind.ARTICLE, limit=100_000)]
        assert acknowledged <= stored
        assert (sorted(logged), len(logged)) == (sorted(stored), archive.changes.head())
        assert archive.listings.count(ArticleQuery(label=Label(LabelKind.TAG, "wheat"))) == len(stored)

    # The schema -------------------------------------------------------------------------------------

    def test_an_empty_database_is_upgraded_to_exactly_the_schema(self, empty_url: str) -> None:
        with _open(empty_url) as archive:
            with pytest.raises(
                ArchiveOutdated, match=f"has schema none, this program needs {upgrade.newest()}: run `dateline migrate`"
            ):
                archive.check_schema()
            assert archive.migrate() == (None, upgrade.newest())
            assert archive.migrate() == (upgrade.newest(), upgrade.newest())
            archive.check_schema()
        assert _differences(empty_url) == []

    @pytest.mark.parametrize("schema", dumps.SCHEMAS)
    def test_an_older_database_is_upgraded_with_all_that_it_holds(self, empty_url: str, schema: str) -> None:
        dumps.load(schema, empty_url)
        with _open(empty_url) as archive:
            assert archive.migrate() == (schema, upgrade.newest())
            assert [to_document(article) for article in archive.articles.every()] == dumps.documents(schema)
            was_public = {article.id for article in archive.articles.every() if article.was_public}
            assert was_public == {"full", "old"}
            resolved = archive.articles.resolve("/2026/03/14/wheat-exports-rise")
            assert resolved is not None
            assert (resolved.article.id, resolved.moved) == ("full", True)
            assert [revision.by for revision in archive.articles.history("full")] == ["bob", "ann"]
            document = archive.renditions.get("/feed.rss")
            assert document is not None
            assert sorted(document.codings) == ["gzip", "identity"]
            changed(archive, resolved.article, title="Still writable")
        assert _differences(empty_url) == []

    def test_there_is_an_older_database_of_every_schema(self) -> None:
        assert dumps.SCHEMAS[-1] == upgrade.newest(), "make one: python -m tests.archive.sql.dumps"

    def test_the_database_of_a_newer_dateline_is_refused_and_left_alone(
        self, archive: SqlArchive, archive_url: str
    ) -> None:
        engine = create_engine(_with_driver(archive_url))
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        for refused in (archive.check_schema, archive.migrate):
            with pytest.raises(ArchiveOutdated, match="has schema 9999 of a newer Dateline"):
                refused()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        engine.dispose()

    @pytest.mark.slow
    def test_of_many_programs_that_start_at_once_one_upgrades(self, empty_url: str) -> None:
        started = [archive_writer.start("migrate", empty_url) for _ in range(4)]
        assert {one.communicate(timeout=60)[0].strip() for one in started} == {upgrade.newest()}
        assert [one.returncode for one in started] == [0] * 4
        assert _differences(empty_url) == []


def _fails_at_every_statement(archive: SqlArchive, change: Callable[[], None], before: object) -> int:
    """Let each statement of a change fail in turn, until it succeeds; how many statements it takes."""
    number = 0
    while True:
        with _failing_at(archive, number) as failed, suppress(ArchiveUnavailable):
            change()
        if not failed:
            return number
        assert everything(archive) == before
        number += 1


@contextmanager
def _failing_at(archive: SqlArchive, number: int) -> Iterator[list[str]]:
    statements, failed = 0, list[str]()

    def fail(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal statements
        statements += 1
        if statements == number + 1:
            failed.append(statement)
            raise OperationalError(statement, None, Exception("as if the database had failed"))

    event.listen(archive._database.engine, "before_cursor_execute", fail)
    try:
        yield failed
    finally:
        event.remove(archive._database.engine, "before_cursor_execute", fail)


@contextmanager
def _statements(archive: SqlArchive) -> Iterator[list[str]]:
    """What is said to the database, in order."""
    said = list[str]()

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            said.append(statement)

    event.listen(archive._database.engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(archive._database.engine, "before_cursor_execute", listen)


@contextmanager
def _open(url: str) -> Iterator[SqlArchive]:
    archive = SqlArchive(url)
    try:
        yield archive
    finally:
        archive.close()


def _differences(url: str) -> list[Any]:
    """What Alembic would still change in a database to make it the schema of this program."""
    engine = create_engine(_with_driver(url))
    with engine.connect() as connection:
        found: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return found


def _with_driver(url: str) -> Any:
    address = make_url(url)
    return address.set(drivername="postgresql+psycopg") if address.get_backend_name() == "postgresql" else address
