"""Lists of articles, labels and periods as SELECTs that an index answers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from archive.sql.schema import articles, labels
from archive.store import ArticleQuery, Place


def newest_first(query: ArticleQuery) -> Select[Any]:
    """The articles of a query, in its order and at most `limit`."""
    statement = _matching(query, select(articles))
    published, article_id = _place_columns(query)
    if query.after is not None:
        statement = statement.where(tuple_(published, article_id) < _values(query.after))
    backwards = query.before is not None
    if query.before is not None:
        statement = statement.where(tuple_(published, article_id) > _values(query.before))
    columns: list[ColumnElement[Any]] = [published, article_id]
    if query.period is not None and query.label is None:
        # Days follow instants, so this is the same order, and one that the index on days gives.
        columns.insert(0, articles.c.day)
    order = [column.asc() if backwards else column.desc() for column in columns]
    return statement.order_by(*order).limit(query.limit)


def counted(query: ArticleQuery) -> Select[Any]:
    return _matching(query, select(func.count()).select_from(articles))


def _matching(query: ArticleQuery, statement: Select[Any]) -> Select[Any]:
    if query.label is not None:
        statement = statement.join(labels, labels.c.article_id == articles.c.id).where(
            labels.c.kind == query.label.kind.value, labels.c.key == query.label.key
        )
    else:
        statuses = sorted(status.value for status in query.statuses)
        matches = articles.c.status == statuses[0] if len(statuses) == 1 else articles.c.status.in_(statuses)
        statement = statement.where(matches)
    if query.period is not None:
        statement = statement.where(articles.c.day.between(query.period.first_day, query.period.last_day))
    if query.words:
        needle = query.words.lower()
        statement = statement.where(
            func.lower(articles.c.title).contains(needle, autoescape=True)
            | articles.c.slug.contains(needle, autoescape=True)
        )
    return statement


def _place_columns(query: ArticleQuery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if query.label is not None:
        return labels.c.published, labels.c.article_id
    return articles.c.listed, articles.c.id


def _values(place: Place) -> Any:
    return tuple_(place.listed, place.id, types=[articles.c.listed.type, articles.c.id.type])
