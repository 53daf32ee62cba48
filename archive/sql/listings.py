"""The port for lists of articles, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select

from archive.article import Article, Status
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.sql import listing_queries
from archive.sql.article_rows import to_article
from archive.sql.connections.database import Database
from archive.sql.schema import articles, labels, tombstones
from archive.store.listings import ArticleQuery, ArticleStub, LabelCount, SortKey, Tombstone
from archive.urls import article_path

T = TypeVar("T")


class SqlListings:
    """`Listings` (archive.store.listings) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        with self._database.reading() as connection:
            found = [to_article(row) for row in connection.execute(listing_queries.newest_first(query))]
        return _newest_first(found, query)

    def stubs(self, query: ArticleQuery) -> Sequence[ArticleStub]:
        with self._database.reading() as connection:
            found = [
                ArticleStub(row.id, row.revision, article_path(row.day, row.slug), row.updated)
                for row in connection.execute(listing_queries.stubs(query))
            ]
        return _newest_first(found, query)

    def revisions(self, query: ArticleQuery) -> Mapping[str, int]:
        with self._database.reading() as connection:
            rows = [(row[0], row[1]) for row in connection.execute(listing_queries.revisions(query))]
        return dict(_newest_first(rows, query))

    def sort_keys(self, query: ArticleQuery, *, max_keys: int | None = None) -> Sequence[SortKey]:
        with self._database.reading() as connection:
            found = [
                SortKey(row.listed, row.id)
                for row in connection.execute(listing_queries.sort_keys(query).limit(max_keys))
            ]
        return _newest_first(found, query)

    def count(self, query: ArticleQuery) -> int:
        with self._database.reading() as connection:
            found: int = connection.execute(listing_queries.count(query)).scalar_one()
        return found

    def labels(self, kind: LabelKind, *, since: datetime | None = None) -> Sequence[LabelCount]:
        # If a key has several spellings, the alphabetically last one is used: an arbitrary but constant choice.
        statement = (
            select(labels.c.key, func.max(labels.c.name).label("name"), func.count().label("articles"))
            .where(labels.c.kind == kind.value)
            .group_by(labels.c.key)
            .order_by(labels.c.key)
        )
        if since is not None:
            statement = statement.where(labels.c.published >= since)
        with self._database.reading() as connection:
            return [LabelCount(Label(kind, row.key), row.name, row.articles) for row in connection.execute(statement)]

    def label(self, label: Label) -> LabelCount | None:
        same = (labels.c.kind == label.kind.value, labels.c.key == label.key)
        newest = (
            select(labels.c.name).where(*same).order_by(labels.c.published.desc(), labels.c.article_id.desc()).limit(1)
        )
        with self._database.reading() as connection:
            name = connection.execute(newest).scalar_one_or_none()
            if name is None:
                return None
            count = connection.execute(select(func.count()).select_from(labels).where(*same)).scalar_one()
        return LabelCount(label, name, count)

    def months(self) -> Mapping[Period, int]:
        statement = (
            select(articles.c.day, func.count())
            .where(articles.c.status == Status.PUBLISHED.value, articles.c.day.is_not(None))
            .group_by(articles.c.day)
            .order_by(articles.c.day.desc())
        )
        months: dict[Period, int] = {}
        with self._database.reading() as connection:
            for day, count in connection.execute(statement):
                if day is not None:
                    month = Period(day.year, day.month)
                    months[month] = months.get(month, 0) + count
        return months

    def tombstones(self, *, limit: int) -> Sequence[Tombstone]:
        statement = select(tombstones).order_by(tombstones.c.gone.desc(), tombstones.c.article_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [
                Tombstone(
                    article_id=row.article_id,
                    guid=row.guid,
                    gone=row.gone,
                    day=row.day,
                    labels=frozenset(Label(LabelKind(kind), key) for kind, key in row.labels),
                )
                for row in connection.execute(statement)
            ]


def _newest_first(rows: list[T], query: ArticleQuery) -> list[T]:
    """The rows of a query, newest first: a query with `before` reads them oldest first."""
    return rows[::-1] if query.before is not None else rows
