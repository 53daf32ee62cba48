"""The SELECT statements of article lists. An index answers each of them without sorting."""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true, tuple_

from archive.article import Status
from archive.period import Period
from archive.sql.schema import articles, labels
from archive.store.listings import ArticleQuery, SortKey
from archive.timestamps import EARLIEST, LATEST

DAY = timedelta(days=1)


def newest_first(query: ArticleQuery) -> Select[Any]:
    """At most `limit` articles of a query, newest first; oldest first for a query with `before`."""
    return _ordered(query, select(articles)).limit(query.limit)


def stubs(query: ArticleQuery) -> Select[Any]:
    """The columns of an ArticleStub, in the order of `newest_first`."""
    columns = (articles.c.id, articles.c.revision, articles.c.day, articles.c.slug, articles.c.updated)
    return _ordered(query, select(*columns).where(articles.c.day.is_not(None))).limit(query.limit)


def revisions(query: ArticleQuery) -> Select[Any]:
    """Ids and revisions, in the order of `newest_first`."""
    return _ordered(query, select(articles.c.id, articles.c.revision)).limit(query.limit)


def sort_keys(query: ArticleQuery) -> Select[Any]:
    """The sort keys of all articles of a query, in the order of `newest_first`."""
    published, article_id = _sort_columns(query)
    return _ordered(query, select(published.label("listed"), article_id.label("id")).select_from(articles))


def count(query: ArticleQuery) -> Select[Any]:
    """The number of articles that match; `limit` and the sort keys of the query are ignored."""
    return _matching(query, select(func.count()).select_from(articles))


def _ordered(query: ArticleQuery, statement: Select[Any]) -> Select[Any]:
    statement = _matching(query, statement)
    published, article_id = _sort_columns(query)
    if query.after is not None:
        statement = statement.where(tuple_(published, article_id) < _values(query.after))
    if query.down_to is not None:
        statement = statement.where(tuple_(published, article_id) >= _values(query.down_to))
    backwards = query.before is not None
    if query.before is not None:
        statement = statement.where(tuple_(published, article_id) > _values(query.before))
    order = [column.asc() if backwards else column.desc() for column in (published, article_id)]
    return statement.order_by(*order)


def _matching(query: ArticleQuery, statement: Select[Any]) -> Select[Any]:
    if query.label is not None:
        statement = statement.join(labels, labels.c.article_id == articles.c.id).where(
            labels.c.kind == query.label.kind.value, labels.c.key == query.label.key
        )
    if query.label is None or Status.PUBLISHED not in query.statuses:
        statement = statement.where(_has_status(query.statuses))
    if query.period is not None:
        published, _ = _sort_columns(query)
        statement = statement.where(
            articles.c.day.between(query.period.first_day, query.period.last_day),
            published.between(*_instants_around(query.period)),  # so that the index on dates is used
        )
    if query.words:
        needle = query.words.lower()
        statement = statement.where(
            func.lower(articles.c.title, type_=articles.c.title.type).contains(needle, autoescape=True)
            | articles.c.slug.contains(needle, autoescape=True)
        )
    return statement


def _has_status(statuses: Set[Status]) -> ColumnElement[bool]:
    if len(statuses) == 1:
        return articles.c.status == next(iter(statuses)).value
    if len(statuses) == len(Status):
        return true()
    # As NOT IN: for IN, SQLite reads and sorts all articles with these statuses.
    return articles.c.status.not_in([status.value for status in Status if status not in statuses])


def _sort_columns(query: ArticleQuery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if query.label is not None:
        return labels.c.published, labels.c.article_id
    return articles.c.listed, articles.c.id


def _instants_around(period: Period) -> tuple[datetime, datetime]:
    """The earliest and latest instant of a period in any time zone: none differs from UTC by a day or more."""
    first, last = (datetime.combine(day, time.min, UTC) for day in (period.first_day, period.last_day))
    return max(first, EARLIEST) - DAY, min(last, LATEST - 2 * DAY) + 2 * DAY


def _values(key: SortKey) -> Any:
    return tuple_(key.sort_date, key.id, types=[articles.c.listed.type, articles.c.id.type])
