"""Builders of articles, for all tests."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from archive.article import Article
from archive.lifecycle import compose
from archive.site import Site
from archive.store.archive import Archive
from archive.store.articles import Save
from archive.validation import parse_draft

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SITE = Site(url="https://news.example.org/", title="Example News", zone=ZoneInfo("Europe/Berlin"))

_numbers = itertools.count(1)


def an_article(*, id: str | None = None, now: datetime = NOON, site: Site = SITE, **fields: Any) -> Article:  # noqa: A002  # the name of the field
    """A new article with revision 0. `fields` as in the API; the others have defaults."""
    number = next(_numbers)
    fields.setdefault("title", f"Article {number}")
    if not any(name.startswith("content_") for name in fields):
        fields["content_html"] = f"<p>The text of article {number}.</p>"
    return compose(parse_draft(fields, zone=site.zone), article_id=id or f"article-{number:04}", now=now, site=site)


def a_stored_article(*, revision: int = 1, **fields: Any) -> Article:
    """An article as an archive returns it at this revision."""
    return replace(an_article(**fields), revision=revision)


def added(archive: Archive, **fields: Any) -> Article:
    """A new article as the archive has stored it."""
    return archive.articles.save(Save(article=an_article(**fields), expected_revision=0))


def changed(archive: Archive, article: Article, **changes: Any) -> Article:
    """The article's next revision as the archive has stored it."""
    return archive.articles.save(Save(article=replace(article, **changes), expected_revision=article.revision))
