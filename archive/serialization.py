"""Articles as JSON documents, for the API, stored revisions and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from archive.article import Article, Content, ContentFormat
from archive.fields.table import CONTENT_FIELDS, FIELDS, STORED, WRITABLE

Document = dict[str, Any]

_IN_DOCUMENTS: Final = tuple(field for field in FIELDS if field.in_documents)
_SOURCES: Final = {name: kind for name, kind in CONTENT_FIELDS.items() if kind is not ContentFormat.HTML}


def to_document(article: Article) -> Document:
    """Every field under its public name; instants in RFC 3339, UTC.

    Besides `content_html` there is `content_markdown` or `content_text` if that is what the author wrote."""
    document: Document = {}
    for field in _IN_DOCUMENTS:
        value = field.value_of(article)
        if value is not None:
            document[field.name] = field.type.to_json(value) if field.type.converts else value
        elif not field.optional:
            document[field.name] = None
    return document


def writable(article: Article, changes: Mapping[str, Any] | None = None) -> Document:
    """The article's writable fields as input for `parse_draft`, with `changes` merged into them (RFC 7396).

    New content in one format replaces the content in all others."""
    changes = changes or {}
    fields = {name: value for name, value in to_document(article).items() if name in WRITABLE}
    if article.content is not None:
        del fields["content_html"]
    if any(changes.get(name) is not None for name in CONTENT_FIELDS):
        fields = {name: value for name, value in fields.items() if name not in CONTENT_FIELDS}
    return {**fields, **changes}


def from_document(document: Mapping[str, Any]) -> Article:
    """The inverse of `to_document`, for documents that Dateline wrote itself.

    A missing field gets its empty value: a stored revision may be older than the field. Raises KeyError if a
    field that cannot be empty is missing."""
    sources = (Content(kind, document[name]) for name, kind in _SOURCES.items() if document.get(name) is not None)
    values: dict[str, Any] = {"content": next(sources, None)}
    for field in STORED:
        has_empty = field.nullable or field.type.empty is not None
        value = document.get(field.name) if has_empty else document[field.name]
        values[field.name] = field.type.empty if value is None else field.type.from_json(value)
    return Article(**values)
