"""Saves articles in one transaction: article, earlier revision, address, labels, tombstone and log line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from archive.article import Article
from archive.errors import ArticleNotFound, GuidFixed, GuidTaken, RequestReused, RevisionConflict, SlugTaken
from archive.labels import Label
from archive.serialization import to_document
from archive.slugs import numbered_slug
from archive.sql.article_rows import to_article, to_row
from archive.sql.changes import lock_log, set_last_position
from archive.sql.connections.engine import kind_of
from archive.sql.schema import addresses, articles, changes, labels, origins, requests, revisions, tombstones
from archive.store.articles import RequestKey, Save
from archive.store.changes import ChangeKind

SLUGS_PER_QUERY = 20  # numbered slugs looked up by one statement

_ARTICLE = select(articles).where(articles.c.id == bindparam("id"))
_BY_IDENTITY = select(articles.c.id, articles.c.guid, articles.c.revision).where(
    (articles.c.id == bindparam("id")) | (articles.c.guid == bindparam("guid"))
)
_OWNER = select(addresses.c.article_id).where(addresses.c.path == bindparam("path"))
_TAKEN = select(addresses.c.path).where(addresses.c.path.in_(bindparam("paths", expanding=True)))
_REQUEST = select(requests.c.digest, requests.c.article_id).where(
    requests.c.key == bindparam("key"), requests.c.sent_by == bindparam("sent_by")
)
_INSERT = insert(articles)
_UPDATE = update(articles).where(articles.c.id == bindparam("article_id"))
_INSERT_ADDRESS = insert(addresses)
_INSERT_LABEL = insert(labels)
_DELETE_LABELS = delete(labels).where(labels.c.article_id == bindparam("id"))
_INSERT_CHANGE = insert(changes)
_INSERT_REVISION = insert(revisions)
_DELETE_TOMBSTONE = delete(tombstones).where(tombstones.c.article_id == bindparam("id"))
_INSERT_TOMBSTONE = insert(tombstones)


class ArticleWriter:
    """Saves articles inside one transaction of one connection.

    Entering locks the log's head row, so that everything read afterwards is valid until the commit. All checks of
    an article precede its first write, so that a refused article leaves nothing behind."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> ArticleWriter:
        self.seq = lock_log(self.connection)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:  # after an error the transaction may be gone
            set_last_position(self.connection, self.seq)

    def save(self, save: Save) -> Article:
        """As `Articles.save`, inside the transaction."""
        if save.request is not None:
            repeated = self.answered(save.request)
            if repeated is not None:
                return repeated
        before, saved_by = self._before(save)
        was_public = before is not None and (before.was_public or before.is_public)
        article = replace(save.article, revision=save.expected_revision + 1, was_public=was_public)
        after = self._with_free_path(article, before, save)
        self._write(before, saved_by, after, save)
        return after

    def answered(self, request: RequestKey) -> Article | None:
        """As `Articles.answered`."""
        row = self.connection.execute(_REQUEST, {"key": request.key, "sent_by": request.by}).one_or_none()
        if row is None:
            return None
        if row.digest != request.digest:
            raise RequestReused(request.key)
        return to_article(self.connection.execute(_ARTICLE, {"id": row.article_id}).one())

    def _before(self, save: Save) -> tuple[Article | None, str]:
        """The stored revision that the change is based on, and the name of the token that saved it."""
        article = save.article
        if save.expected_revision == 0:
            found = self.connection.execute(_BY_IDENTITY, {"id": article.id, "guid": article.guid}).first()
            if found is None:
                return None, ""
            if found.id == article.id:
                raise RevisionConflict(article.id, expected=0, found=found.revision)
            raise GuidTaken(article.guid)
        row = self.connection.execute(_ARTICLE, {"id": article.id}).one_or_none()
        if row is None:
            raise ArticleNotFound(article.id)
        if row.revision != save.expected_revision:
            raise RevisionConflict(article.id, expected=save.expected_revision, found=row.revision)
        if row.guid != article.guid:
            raise GuidFixed(row.guid)
        return to_article(row), row.modified_by

    def _with_free_path(self, after: Article, before: Article | None, save: Save) -> Article:
        """The article, with a number added to its slug if the path is taken. Raises SlugTaken."""
        path = after.path
        if path is None or (before is not None and before.path == path):
            return after
        owner = self.connection.execute(_OWNER, {"path": path}).scalar_one_or_none()
        if owner is None or owner == after.id:
            return after
        if not save.number_slug:
            raise SlugTaken(path)
        for candidates in _numbered_candidates(after):
            paths = {str(candidate.path): candidate for candidate in candidates}
            taken = set(self.connection.execute(_TAKEN, {"paths": list(paths)}).scalars())
            free = [candidate for path, candidate in paths.items() if path not in taken]
            if free:
                return free[0]
        raise SlugTaken(path)

    def _write(self, before: Article | None, saved_by: str, after: Article, save: Save) -> None:
        row = to_row(after, by=save.by)
        if before is None:
            self.connection.execute(_INSERT, row)
        else:
            self.connection.execute(
                _INSERT_REVISION,
                {
                    "article_id": before.id,
                    "revision": before.revision,
                    "saved_by": saved_by,
                    "document": to_document(before),
                },
            )
            del row["id"]
            self.connection.execute(_UPDATE, {**row, "article_id": after.id})
        self._insert_address(before, after)
        self._put_labels(before, after)
        self._update_tombstone(before, after)
        self._log(before, after)
        if save.origin is not None:
            values = {"digest": save.origin.digest, "article_id": after.id, "revision": after.revision}
            upsert = kind_of(self.connection.dialect).upsert(origins).values(key=save.origin.key, **values)
            self.connection.execute(upsert.on_conflict_do_update(index_elements=["key"], set_=values))
        if save.request is not None:
            self.connection.execute(
                insert(requests),
                {
                    "key": save.request.key,
                    "sent_by": save.request.by,
                    "digest": save.request.digest,
                    "article_id": after.id,
                    "received": after.modified,
                },
            )

    def _insert_address(self, before: Article | None, after: Article) -> None:
        if after.path is None or (before is not None and before.path == after.path):
            return
        if before is not None:
            owner = self.connection.execute(_OWNER, {"path": after.path}).scalar_one_or_none()
            if owner == after.id:
                return  # it has a path again that it had before
        self.connection.execute(_INSERT_ADDRESS, {"path": after.path, "article_id": after.id})

    def _put_labels(self, before: Article | None, after: Article) -> None:
        old = _label_rows(before) if before is not None and before.is_public else []
        new = _label_rows(after) if after.is_public else []
        if old == new:
            return
        if old:
            self.connection.execute(_DELETE_LABELS, {"id": after.id})
        if new:
            self.connection.execute(_INSERT_LABEL, new)

    def _update_tombstone(self, before: Article | None, after: Article) -> None:
        """Insert a tombstone if the article is no longer public; delete it if it is public again."""
        if before is None or before.is_public == after.is_public:
            return
        self.connection.execute(_DELETE_TOMBSTONE, {"id": after.id})
        if before.is_public:
            self.connection.execute(
                _INSERT_TOMBSTONE,
                {
                    "article_id": after.id,
                    "guid": after.guid,
                    "gone": after.modified,
                    "day": before.listed_day,
                    "labels": label_pairs(before.labels),
                },
            )

    def _log(self, before: Article | None, after: Article) -> None:
        public = [article for article in (before, after) if article is not None and article.is_public]
        self.seq += 1
        self.connection.execute(
            _INSERT_CHANGE,
            {
                "seq": self.seq,
                "kind": ChangeKind.ARTICLE.value,
                "subject": after.id,
                "revision": after.revision,
                "labels": label_pairs(frozenset[Label]().union(*(article.labels for article in public))),
                "days": sorted({article.day.isoformat() for article in public if article.day is not None}),
            },
        )


def label_pairs(article_labels: frozenset[Label]) -> list[list[str]]:
    """Labels as pairs of kind and key, sorted: their form in JSON columns."""
    return [[label.kind.value, label.key] for label in sorted(article_labels)]


def _label_rows(article: Article) -> list[dict[str, Any]]:
    return [
        {
            "kind": label.kind.value,
            "key": label.key,
            "name": name,
            "published": article.published,
            "article_id": article.id,
        }
        for label, name in article.label_names()
    ]


def _numbered_candidates(article: Article) -> Iterator[list[Article]]:
    for first in range(2, 100_000, SLUGS_PER_QUERY):
        numbers = range(first, first + SLUGS_PER_QUERY)
        yield [replace(article, slug=numbered_slug(article.slug, number)) for number in numbers]
