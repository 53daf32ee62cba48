"""Decides how an item changes the archive: a new article, a new revision, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Final

from archive.article import Article, Draft, Status
from archive.errors import DatelineError, InvalidDraft, Problem
from archive.exchange.comparison import is_copy, keep_numbered_slug, same_content
from archive.exchange.item import Item
from archive.exchange.report import Report
from archive.exchange.restore import exported_id, parse_item, remove_added_date, restore_dates
from archive.lifecycle import compose, revise
from archive.site import Site
from archive.slugs import numbered_slug
from archive.store.archive import Archive
from archive.store.articles import Imported, Origin, Save
from archive.timestamps import parse_instant
from archive.urls import article_path

MAX_NUMBERED: Final = 50  # numbered URLs searched for a copy of the article


class ImportConflict(DatelineError):
    """The article and its source were both changed. The article is not changed; the user has to decide."""

    code = "import_conflict"


class Planner:
    """Plans the changes of one import. Reads the archive and saves nothing."""

    def __init__(
        self, archive: Archive, site: Site, now: datetime, *, new_id: Callable[[], str], by: str, report: Report
    ) -> None:
        self.archive = archive
        self.site = site
        self.now = now
        self.new_id = new_id
        self.by = by
        self.report = report

    def plan(self, item: Item, earlier: Imported | None, articles: Mapping[str, Article]) -> Save | None:
        """The article to save for an item; None if nothing changes.

        `earlier` is the result of an earlier import of the item. `articles` has, by id, the article of that import
        and, if there is one, the article with the item's exported id. Raises Invalid, Conflict and ImportConflict."""
        if earlier is not None and earlier.origin.digest == item.digest:
            return None
        draft = parse_item(item.fields, zone=self.site.zone, fallback_title=item.fallback_title)
        if earlier is not None:
            return self._revision(item, draft, articles[earlier.article_id], earlier)
        article_id = exported_id(item.fields)
        existing = articles.get(article_id) if article_id else None
        if existing is not None and existing.guid == draft.guid:
            self._check_unchanged(item, draft, existing)
            return None
        return self._new_article(item, draft, article_id if article_id and existing is None else self.new_id())

    def _new_article(self, item: Item, draft: Draft, article_id: str) -> Save | None:
        if draft.published is None and draft.status is not Status.DRAFT and item.fallback_published:
            draft = replace(draft, published=self._parse_fallback_date(item.fallback_published))
        article = compose(draft, article_id=article_id, now=self.now, site=self.site)
        article = remove_added_date(article, item.fields)
        article = restore_dates(article, item.fields, now=self.now, zone=self.site.zone)
        if item.is_file and self._has_copy(article):
            self.report.note(item.location, "the archive already has this article, from another file: not imported")
            return None
        self._add_notes(item)
        return self._save(item, article, expected_revision=0)

    def _revision(self, item: Item, draft: Draft, article: Article, earlier: Imported) -> Save | None:
        revised = self._revised(item, draft, article)
        if same_content(revised, article):
            return None
        if article.revision != earlier.revision and self._was_edited(article, since=earlier.revision):
            raise ImportConflict(
                f"{article.id} was edited here since it was imported, and its source has also changed: left unchanged; "
                "make the change here, or import it under another name or id as a separate article"
            )
        if item.has_bare_id and revised.title != article.title and revised.published != article.published:
            raise ImportConflict(
                f"the id was imported before for {article.title!r}, which has another title and another date: "
                "left unchanged; give every article its own id or guid"
            )
        self._add_notes(item)
        return self._save(item, revised, expected_revision=article.revision)

    def _revised(self, item: Item, draft: Draft, article: Article) -> Article:
        revised = revise(article, keep_numbered_slug(draft, article), now=self.now, site=self.site)
        return remove_added_date(revised, item.fields)

    def _check_unchanged(self, item: Item, draft: Draft, existing: Article) -> None:
        """Raise ImportConflict if an article that this archive exported differs from the export."""
        if not same_content(self._revised(item, draft, existing), existing):
            raise ImportConflict(
                f"{existing.id} is in this archive, and differs: left unchanged; "
                "make the change here, or restore into an empty archive"
            )

    def _save(self, item: Item, article: Article, *, expected_revision: int) -> Save:
        return Save(
            article=article,
            expected_revision=expected_revision,
            by=self.by,
            number_slug=True,
            origin=Origin(item.key, item.digest),
        )

    def _parse_fallback_date(self, text: str) -> datetime:
        try:
            return parse_instant(text, self.site.zone)
        except ValueError as error:
            raise InvalidDraft([Problem("published", str(error))]) from error

    def _add_notes(self, item: Item) -> None:
        for text in item.notes:
            self.report.note(item.location, text)

    def _has_copy(self, article: Article) -> bool:
        """Whether there is a copy of the article at the URL that this one would get, or at a numbered one."""
        if article.path is None or article.day is None:
            return False
        for number in count(1):
            slug = article.slug if number == 1 else numbered_slug(article.slug, number)
            resolved = self.archive.articles.resolve(article_path(article.day, slug))
            if resolved is None or number > MAX_NUMBERED:
                return False
            if is_copy(resolved.article, article):
                return True
        return False

    def _was_edited(self, article: Article, *, since: int) -> bool:
        """Whether a revision after `since` changed more than the release of a scheduled article does."""
        before = next(
            (one.article for one in self.archive.articles.history(article.id) if one.article.revision == since), None
        )
        if before is None:
            return True
        if not same_content(replace(before, revision=article.revision, status=article.status), article):
            return True
        return before.status is not article.status and before.status is not Status.SCHEDULED
