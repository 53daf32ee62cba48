"""Articles as JSON documents: for the API, for stored revisions and for exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from archive.article import Article, Content, ContentFormat
from archive.fields.table import CONTENT_FIELDS, FIELDS, STORED, WRITABLE

Document = dict[str, Any]

_IN_DOCUMENTS: Final = tuple(field for field in FIELDS if field.in_documents)
_SOURCES: Final = {name: kind for name, kind in CONTENT_FIELDS.items() if kind is not ContentFormat.HTML}


def to_document(article: Article) -> Document:
    """Every field under its public name; instants as RFC 3339 in UTC.

    `content_markdown` or `content_text` is added to `content_html` where the author wrote that."""
    document: Document = {}
    for field in _IN_DOCUMENTS:
        value = field.value_of(article)
        if value is not None:
            document[field.name] = field.type.to_json(value) if field.type.converts else value
        elif not field.optional:
            document[field.name] = None
    return document


def writable(article: Article, changes: Mapping[str, Any] | None = None) -> Document:
    """The fields that describe this article to `parse_draft`, with `changes` merged into them (RFC 7396).

    A change of the content in one format replaces the content in any other."""
    changes = changes or {}
    fields = {name: value for name, value in to_document(article).items() if name in WRITABLE}
    if article.content is not None:
        del fields["content_html"]
    if any(changes.get(name) is not None for name in CONTENT_FIELDS):
        fields = {name: value for name, value in fields.items() if name not in CONTENT_FIELDS}
    return {**fields, **changes}


def from_document(document: Mapping[str, Any]) -> Article:
    """The article that `to_document` was given. For documents that Dateline wrote itself.

    A field that is missing, as in a revision that is older than the field, has its empty value. Raises
    KeyError where a field that cannot be empty is missing."""
    sources = (Content(kind, document[name]) for name, kind in _SOURCES.items() if document.get(name) is not None)
    values: dict[str, Any] = {"content": next(sources, None)}
    for field in STORED:
        has_empty = field.nullable or field.type.empty is not None
        value = document.get(field.name) if has_empty else document[field.name]
        values[field.name] = field.type.empty if value is None else field.type.from_json(value)
    return Article(**values)
