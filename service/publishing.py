"""Submits, revises, withdraws and releases articles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from archive.article import Article, Draft
from archive.errors import ArticleNotFound, DatelineError, RevisionConflict
from archive.lifecycle import compose, release, revise, withdraw
from archive.serialization import writable
from archive.site import Site
from archive.store.archive import Archive
from archive.store.articles import RequestKey, Save
from archive.validation import parse_draft

log = logging.getLogger(__name__)


class Publisher:
    """Saves articles in the archive, and calls `notify` after each change."""

    def __init__(
        self,
        archive: Archive,
        site: Site,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        notify: Callable[[], None],
    ) -> None:
        self.archive = archive
        self.site = site
        self.clock = clock
        self.new_id = new_id
        self.notify = notify

    def parse(self, fields: Mapping[str, object]) -> Draft:
        """Raises InvalidDraft."""
        return parse_draft(fields, zone=self.site.zone)

    def submit(self, draft: Draft, *, by: str, request: RequestKey | None = None) -> Article:
        """Add an article. If `request` repeats an earlier one, returns the article of the earlier one."""
        article = self.archive.articles.save(self.new(draft, by=by, request=request))
        self.notify()
        return article

    def submit_all(self, drafts: Sequence[Draft], *, by: str) -> list[Article | DatelineError]:
        """Add many articles in one transaction. Returns an article or an error for each draft, in order."""
        outcomes = self.archive.articles.save_all([self.new(draft, by=by) for draft in drafts])
        self.notify()
        return outcomes

    def new(self, draft: Draft, *, by: str, request: RequestKey | None = None) -> Save:
        article = compose(draft, article_id=self.new_id(), now=self.clock(), site=self.site)
        return Save(article=article, expected_revision=0, by=by, number_slug=draft.slug is None, request=request)

    def replace(
        self, article_id: str, draft: Draft, *, expected_revision: int | None, by: str, minor: bool = False
    ) -> Article:
        """Replace all fields of an article. `expected_revision` None accepts any current revision.

        A `minor` change keeps `updated`, so that feed readers do not show the article again. A draft that changes
        nothing saves no revision. Raises ArticleNotFound, RevisionConflict, Conflict."""

        def change(before: Article) -> Article:
            after = revise(before, draft, now=self.clock(), site=self.site, minor=minor)
            return before if _same(before, after) else self._save(after, before, by=by, number_slug=draft.slug is None)

        return self._changed(article_id, expected_revision, change)

    def patch(
        self,
        article_id: str,
        changes: Mapping[str, Any],
        *,
        expected_revision: int | None,
        by: str,
        minor: bool = False,
    ) -> Article:
        """Change some fields (RFC 7396 merge patch): null removes a value. Raises as `replace` does, and InvalidDraft."""

        def change(before: Article) -> Article:
            draft = self.parse(writable(before, changes))
            if before.path is None and "slug" not in changes:
                draft = replace(draft, slug=None)  # no URL to keep: if the slug is taken, it is numbered
            return self.replace(article_id, draft, expected_revision=before.revision, by=by, minor=minor)

        return self._changed(article_id, expected_revision, change)

    def withdraw(self, article_id: str, *, expected_revision: int | None, by: str) -> Article:

        def change(before: Article) -> Article:
            # An article that never had a URL gets one here; a taken slug is numbered rather than an error.
            after = withdraw(before, now=self.clock())
            return self._save(after, before, by=by, number_slug=before.path is None)

        return self._changed(article_id, expected_revision, change)

    def release_due(self) -> int:
        """Publish every scheduled article that is due. Returns their number."""
        released = 0
        while due := self.archive.articles.due(self.clock()):
            for article in due:
                try:
                    self._save(release(article, now=self.clock()), article, by="schedule")
                except (RevisionConflict, ArticleNotFound) as changed:
                    log.info("not released: %s", changed)  # edited meanwhile: the next query sees the new state
                    continue
                log.info("released %s, due %s", article.id, article.published)
                released += 1
        return released

    def _changed(self, article_id: str, expected_revision: int | None, change: Callable[[Article], Article]) -> Article:
        """Apply `change` to the expected revision. If None is expected, retry on the latest one until it succeeds."""
        while True:
            article = self.archive.articles.get(article_id)
            if expected_revision is not None and article.revision != expected_revision:
                raise RevisionConflict(article_id, expected=expected_revision, found=article.revision)
            try:
                return change(article)
            except RevisionConflict:
                if expected_revision is not None:
                    raise

    def _save(self, after: Article, before: Article, *, by: str, number_slug: bool = False) -> Article:
        saved = self.archive.articles.save(
            Save(article=after, expected_revision=before.revision, by=by, number_slug=number_slug)
        )
        self.notify()
        return saved


def _same(before: Article, after: Article) -> bool:
    return replace(after, updated=before.updated, modified=before.modified) == before
