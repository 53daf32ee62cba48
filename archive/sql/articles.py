"""The port for single articles, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from archive.article import Article, Status
from archive.errors import ArticleNotFound, DatelineError, StorageFull, Unavailable
from archive.serialization import from_document
from archive.sql.article_rows import to_article
from archive.sql.article_writer import ArticleWriter
from archive.sql.connections.database import Database
from archive.sql.schema import addresses, articles, origins, revisions
from archive.store.articles import Imported, Origin, RequestKey, Resolved, Revision, Save
from archive.util.chunks import chunked


class SqlArticles:
    """`Articles` (archive.store.articles) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, save: Save) -> Article:
        with self._database.writing() as connection, ArticleWriter(connection) as writer:
            return writer.save(save)

    def save_all(self, saves: Sequence[Save]) -> list[Article | DatelineError]:
        outcomes: list[Article | DatelineError] = []
        with self._database.writing() as connection, ArticleWriter(connection) as writer:
            for save in saves:
                try:
                    outcomes.append(writer.save(save))
                except (StorageFull, Unavailable):
                    raise
                except DatelineError as error:  # raised before the first write of this article
                    outcomes.append(error)
        return outcomes

    def get(self, article_id: str) -> Article:
        found = self.get_many([article_id])
        if article_id not in found:
            raise ArticleNotFound(article_id)
        return found[article_id]

    def get_many(self, article_ids: Sequence[str]) -> dict[str, Article]:
        found = {}
        with self._database.reading() as connection:
            for some in chunked(article_ids):
                for row in connection.execute(select(articles).where(articles.c.id.in_(some))):
                    found[row.id] = to_article(row)
        return found

    def resolve(self, path: str) -> Resolved | None:
        statement = select(articles).join(addresses).where(addresses.c.path == path)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        article = to_article(row)
        return Resolved(article, moved=article.path is not None and article.path != path)

    def history(self, article_id: str) -> Sequence[Revision]:
        earlier = select(revisions).where(revisions.c.article_id == article_id).order_by(revisions.c.revision.desc())
        with self._database.reading() as connection:
            current = connection.execute(select(articles).where(articles.c.id == article_id)).one_or_none()
            if current is None:
                raise ArticleNotFound(article_id)
            # Excludes revisions that were saved between these two statements.
            rows = connection.execute(earlier.where(revisions.c.revision < current.revision)).all()
        return [
            Revision(to_article(current), current.modified_by),
            *(Revision(from_document(row.document), row.saved_by) for row in rows),
        ]

    def every(self, *, since: datetime | None = None, batch: int = 500) -> Iterator[Article]:
        if since is not None:
            yield from self._modified_since(since, batch)
            return
        after = ""
        while True:
            statement = select(articles).where(articles.c.id > after).order_by(articles.c.id).limit(batch)
            with self._database.reading() as connection:
                rows = connection.execute(statement).all()
            if not rows:
                return
            yield from map(to_article, rows)
            after = rows[-1].id

    def _modified_since(self, since: datetime, batch: int) -> Iterator[Article]:
        statement = select(articles.c.id).where(articles.c.modified >= since)
        with self._database.reading() as connection:
            ids = sorted(connection.execute(statement).scalars())
        for some in chunked(ids, batch):
            found = self.get_many(some)
            yield from (found[article_id] for article_id in some)

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Article]:
        statement = (
            select(articles)
            .where(articles.c.status == Status.SCHEDULED.value, articles.c.listed <= now)
            .order_by(articles.c.listed, articles.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [to_article(row) for row in connection.execute(statement)]

    def next_due(self) -> datetime | None:
        statement = select(func.min(articles.c.listed)).where(articles.c.status == Status.SCHEDULED.value)
        with self._database.reading() as connection:
            earliest: datetime | None = connection.execute(statement).scalar_one()
        return earliest

    def imported(self, keys: Sequence[str]) -> Mapping[str, Imported]:
        found = {}
        with self._database.reading() as connection:
            for some in chunked(keys):
                for row in connection.execute(select(origins).where(origins.c.key.in_(some))):
                    found[row.key] = Imported(Origin(row.key, row.digest), row.article_id, row.revision)
        return found

    def answered(self, request: RequestKey) -> Article | None:
        with self._database.reading() as connection:
            return ArticleWriter(connection).answered(request)
