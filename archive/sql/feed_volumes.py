"""The port for the archive documents of the site's feed, in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from archive.period import Period
from archive.sql.changes import check_lease, lock_log
from archive.sql.connections.database import Database
from archive.sql.schema import volumes
from archive.store.changes import Lease
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import SortKey


class SqlFeedVolumes:
    """`FeedVolumes` (archive.store.feed_volumes) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[ArchiveDocument]:
        columns = volumes.c
        order = (columns.year, columns.month, columns.listed.is_not(None), columns.listed, columns.article_id)
        with self._database.reading() as connection:
            return [
                ArchiveDocument(
                    Period(row.year, row.month),
                    row.number,
                    None if row.listed is None else SortKey(row.listed, row.article_id),
                )
                for row in connection.execute(select(volumes).order_by(*order))
            ]

    def put(self, documents: Sequence[ArchiveDocument], lease: Lease) -> None:
        with self._database.writing() as connection:
            lock_log(connection)
            check_lease(connection, lease)
            for document in documents:
                first = {
                    "listed": None if document.first is None else document.first.sort_date,
                    "article_id": None if document.first is None else document.first.id,
                }
                key = {"year": document.month.year, "month": document.month.month, "number": document.number}
                upsert = self._database.kind.upsert(volumes).values(**key, **first)
                connection.execute(upsert.on_conflict_do_update(index_elements=list(key), set_=first))
