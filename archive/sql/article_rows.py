"""Articles as rows of the table `articles`, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from archive.article import Article, Content, ContentFormat, Status
from archive.serialization import author_document, enclosure_document, read_authors, read_enclosures


def to_row(article: Article, *, by: str) -> dict[str, Any]:
    return {
        "id": article.id,
        "guid": article.guid,
        "revision": article.revision,
        "status": article.status.value,
        "title": article.title,
        "slug": article.slug,
        "day": article.day,
        "summary": article.summary,
        "content_html": article.content_html,
        "content_format": None if article.content is None else article.content.format.value,
        "content_source": None if article.content is None else article.content.source,
        "authors": [author_document(author) for author in article.authors],
        "section": article.section,
        "tags": list(article.tags),
        "language": article.language,
        "published": article.published,
        "listed": article.published or article.created,
        "updated": article.updated,
        "created": article.created,
        "modified": article.modified,
        "modified_by": by,
        "canonical_url": article.canonical_url,
        "image": article.image,
        "enclosures": [enclosure_document(enclosure) for enclosure in article.enclosures],
        "was_public": article.was_public,
    }


def to_article(row: Row[Any]) -> Article:
    return Article(
        id=row.id,
        guid=row.guid,
        revision=row.revision,
        status=Status(row.status),
        title=row.title,
        slug=row.slug,
        day=row.day,
        summary=row.summary,
        content_html=row.content_html,
        content=None if row.content_format is None else Content(ContentFormat(row.content_format), row.content_source),
        authors=read_authors(row.authors),
        section=row.section,
        tags=tuple(row.tags),
        language=row.language,
        published=row.published,
        updated=row.updated,
        created=row.created,
        modified=row.modified,
        canonical_url=row.canonical_url,
        image=row.image,
        enclosures=read_enclosures(row.enclosures),
        was_public=row.was_public,
    )
