"""Articles as JSON documents: the shape in which they go out, are kept as revisions and come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from archive.article import Article, Author, Content, ContentFormat, Enclosure, Role, Status
from archive.timestamps import rfc3339
from archive.validation import CONTENT_FIELDS, WRITABLE

Document = dict[str, Any]


def to_document(article: Article) -> Document:
    """Every field under its outside name; instants as RFC 3339 in UTC.

    `content_markdown` or `content_text` stands beside `content_html` where the author wrote that."""
    document: Document = {
        "id": article.id,
        "guid": article.guid,
        "revision": article.revision,
        "status": article.status.value,
        "title": article.title,
        "slug": article.slug,
        "path": article.path,
        "summary": article.summary,
        "content_html": article.content_html,
        "authors": [author_document(author) for author in article.authors],
        "section": article.section,
        "tags": list(article.tags),
        "language": article.language,
        "published": None if article.published is None else rfc3339(article.published),
        "updated": rfc3339(article.updated),
        "created": rfc3339(article.created),
        "modified": rfc3339(article.modified),
        "day": None if article.day is None else article.day.isoformat(),
        "canonical_url": article.canonical_url,
        "image": article.image,
        "enclosures": [enclosure_document(enclosure) for enclosure in article.enclosures],
    }
    if article.content is not None:
        document[f"content_{article.content.format}"] = article.content.source
    return document


def writable(article: Article, changes: Mapping[str, Any] | None = None) -> Document:
    """The fields that describe this article to `parse_draft`, with `changes` put over them.

    A change of the content in one format takes the place of the content in any other (RFC 7396)."""
    changes = changes or {}
    fields = {name: value for name, value in to_document(article).items() if name in WRITABLE}
    if article.content is not None:
        del fields["content_html"]
    if any(changes.get(name) is not None for name in CONTENT_FIELDS):
        fields = {name: value for name, value in fields.items() if name not in CONTENT_FIELDS}
    return {**fields, **changes}


def from_document(document: Mapping[str, Any]) -> Article:
    """The article that `to_document` was given. For documents that Dateline wrote itself."""
    content = next(
        (
            Content(kind, document[f"content_{kind}"])
            for kind in (ContentFormat.MARKDOWN, ContentFormat.TEXT)
            if document.get(f"content_{kind}") is not None
        ),
        None,
    )
    return Article(
        id=document["id"],
        guid=document["guid"],
        revision=document["revision"],
        status=Status(document["status"]),
        title=document["title"],
        slug=document["slug"],
        day=None if document["day"] is None else date.fromisoformat(document["day"]),
        summary=document["summary"],
        content_html=document["content_html"],
        content=content,
        authors=read_authors(document["authors"]),
        section=document["section"],
        tags=tuple(document["tags"]),
        language=document["language"],
        published=None if document["published"] is None else _instant(document["published"]),
        updated=_instant(document["updated"]),
        created=_instant(document["created"]),
        modified=_instant(document["modified"]),
        canonical_url=document["canonical_url"],
        image=document["image"],
        enclosures=read_enclosures(document["enclosures"]),
    )


def author_document(author: Author) -> Document:
    """`role` stands there only for contributors, as in documents that are older than the field."""
    document = {"name": author.name, "uri": author.uri, "email": author.email}
    return document if author.role is Role.AUTHOR else {**document, "role": author.role.value}


def enclosure_document(enclosure: Enclosure) -> Document:
    """`duration` stands there only where it is known, as in documents that are older than the field."""
    document = {"url": enclosure.url, "type": enclosure.type, "length": enclosure.length, "title": enclosure.title}
    return document if enclosure.duration is None else {**document, "duration": enclosure.duration}


def read_authors(documents: list[Document]) -> tuple[Author, ...]:
    return tuple(Author(**{**document, "role": Role(document.get("role", Role.AUTHOR))}) for document in documents)


def read_enclosures(documents: list[Document]) -> tuple[Enclosure, ...]:
    return tuple(Enclosure(**document) for document in documents)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
