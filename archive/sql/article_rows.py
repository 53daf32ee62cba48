"""Articles to rows of the table `articles`, and back. Each field of archive.fields.table is the column of its name."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Row

from archive.article import Article, Content, ContentFormat
from archive.fields.table import STORED
from archive.fields.values import Day, Instant

_NAMES: Final = tuple(field.name for field in STORED)
_values_of: Final[Callable[[Any], tuple[Any, ...]]] = attrgetter(*_NAMES)
# Instants and days have column types of their own; all other converted values are stored in their JSON form.
_CONVERTED: Final = tuple(
    (field.name, field.type) for field in STORED if field.type.converts and not isinstance(field.type, Instant | Day)
)


def to_row(article: Article, *, by: str) -> dict[str, Any]:
    """The columns of an article, saved by the token or command named `by`."""
    row = dict(zip(_NAMES, _values_of(article), strict=True))
    for name, kind in _CONVERTED:
        if row[name] is not None:
            row[name] = kind.to_json(row[name])
    row["content_format"] = None if article.content is None else article.content.format.value
    row["content_source"] = None if article.content is None else article.content.source
    row["listed"] = article.published or article.created
    row["modified_by"] = by
    row["was_public"] = article.was_public
    return row


def to_article(row: Row[Any]) -> Article:
    """The inverse of `to_row`."""
    values = dict(zip(_NAMES, _values_of(row), strict=True))
    for name, kind in _CONVERTED:
        if values[name] is not None:
            values[name] = kind.from_json(values[name])
    content = None if row.content_format is None else Content(ContentFormat(row.content_format), row.content_source)
    return Article(content=content, was_public=row.was_public, **values)
