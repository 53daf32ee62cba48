"""Changing an article that is in an archive: what readers saw of it before is found in its history."""

from __future__ import annotations

from datetime import datetime

from archive.article import Article, Draft, Status
from archive.lifecycle import revise
from archive.site import Site
from archive.store.archive import Archive


def revise_stored(
    archive: Archive, article: Article, draft: Draft, *, now: datetime, site: Site, minor: bool = False
) -> Article:
    """The article as the draft says, as `revise` has it. The history is read where an article comes on the air."""
    comes = draft.status is not Status.DRAFT and article.status in (Status.DRAFT, Status.SCHEDULED)
    seen = comes and any(revision.article.is_public for revision in archive.articles.history(article.id))
    return revise(article, draft, now=now, site=site, minor=minor, seen=seen)
