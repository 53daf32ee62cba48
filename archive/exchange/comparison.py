"""Compares articles with the ones that an import would save."""

from __future__ import annotations

from dataclasses import replace

from archive.article import Article, Draft
from archive.slugs import numbered_slug


def same_content(one: Article, other: Article) -> bool:
    """Whether two articles are equal except for `updated` and `modified`."""
    return replace(one, updated=other.updated, modified=other.modified) == other


def is_copy(one: Article, other: Article) -> bool:
    """Whether two articles are equal except for id, guid, revision, slug, `created`, `updated` and `modified`."""
    as_other = replace(
        one, id=other.id, guid=other.guid, revision=other.revision, created=other.created, slug=other.slug
    )
    return same_content(as_other, other)


def keep_numbered_slug(draft: Draft, article: Article) -> Draft:
    """The draft without its slug if the article's slug is that one with a number, which an earlier import added."""
    number = article.slug.rpartition("-")[2]
    if draft.slug is None or not (number.isdecimal() and number.isascii()):
        return draft
    return replace(draft, slug=None) if numbered_slug(draft.slug, int(number)) == article.slug else draft
