"""The lifecycle of an article: compose, revise, release, withdraw. Pure functions; the caller passes the time."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Final

from archive.article import Article, ContentFormat, Draft, Status
from archive.content.html import render
from archive.content.text import first_heading, first_sentence, plain_text, shorten
from archive.errors import GuidFixed, WrongStatus
from archive.fields.table import MAX_TITLE
from archive.site import Site
from archive.slugs import make_slug

MAX_TITLE_FROM_TEXT: Final = 120  # characters
MAX_TITLE_FROM_HEADING: Final = MAX_TITLE  # characters
UNTITLED: Final = "Untitled"

_DECIDED: Final = frozenset({"guid", "status", "title", "slug", "content", "language", "published"})
# The fields that are copied unchanged from a draft to its article.
_COPIED: Final = tuple(sorted({field.name for field in fields(Draft)} - _DECIDED))


def mint_guid(article_id: str, *, now: datetime, site: Site) -> str:
    """A permanent `tag:` URI (RFC 4151 §2.1). It is stored with the article and never derived again."""
    return f"tag:{site.authority},{site.day_of(now).isoformat()}:{article_id}"


def compose(draft: Draft, *, article_id: str, now: datetime, site: Site) -> Article:
    """A new article; its revision is 0 until an archive saves it."""
    return _apply(
        draft,
        article_id=article_id,
        guid=draft.guid or mint_guid(article_id, now=now, site=site),
        revision=0,
        created=now,
        now=now,
        site=site,
        before=None,
        ever_public=False,
    )


def revise(article: Article, draft: Draft, *, now: datetime, site: Site, minor: bool = False) -> Article:
    """The article with the content and fields of the draft; its id, guid and creation date do not change.

    A `minor` change does not change `updated` (RFC 4287 §4.2.15) if the article is public before and after it.
    Raises GuidFixed if the draft has another guid."""
    if draft.guid is not None and draft.guid != article.guid:
        raise GuidFixed(article.guid)
    revised = _apply(
        draft,
        article_id=article.id,
        guid=article.guid,
        revision=article.revision,
        created=article.created,
        now=now,
        site=site,
        before=article,
        ever_public=article.was_public or article.status in (Status.PUBLISHED, Status.WITHDRAWN),
    )
    if minor and article.is_public and revised.is_public:
        return replace(revised, updated=max(article.updated, revised.published or article.updated))
    return revised


def release(article: Article, *, now: datetime) -> Article:
    """Publish a scheduled article whose publishing date has passed. Raises WrongStatus if it is not due.

    `updated` becomes the publishing date, which is later than any earlier `updated`: it was in the future when
    it was set."""
    if article.status is not Status.SCHEDULED or article.published is None or article.published > now:
        raise WrongStatus(f"article {article.id} is not due: it is {article.status}")
    return replace(article, status=Status.PUBLISHED, updated=article.published, modified=now)


def withdraw(article: Article, *, now: datetime) -> Article:
    """Withdraw an article: its page answers 410 from now on; nothing is deleted.

    Raises WrongStatus if it is already withdrawn."""
    if article.status is Status.WITHDRAWN:
        raise WrongStatus(f"article {article.id} is already withdrawn")
    return replace(article, status=Status.WITHDRAWN, updated=now, modified=now)


def _apply(
    draft: Draft,
    *,
    article_id: str,
    guid: str,
    revision: int,
    created: datetime,
    now: datetime,
    site: Site,
    before: Article | None,
    ever_public: bool,
) -> Article:
    html = render(draft.content.format, draft.content.source)
    title = draft.title or title_from(html)
    published = _publishing_date(draft, before=before, now=now)
    status = draft.status
    if status is Status.PUBLISHED and published is not None and published > now:
        status = Status.SCHEDULED
    elif status is Status.SCHEDULED and published is not None and published <= now:
        status = Status.PUBLISHED
    return Article(
        id=article_id,
        guid=guid,
        revision=revision,
        status=status,
        title=title,
        slug=draft.slug or (before.slug if before else make_slug(title)),
        day=_day(published, before=before, site=site),
        content_html=html,
        content=None if draft.content.format is ContentFormat.HTML else draft.content,
        language=draft.language or site.language,
        published=published,
        updated=_updated(status, published, ever_public=ever_public, now=now),
        created=created,
        modified=now,
        was_public=before is not None and before.was_public,
        **{name: getattr(draft, name) for name in _COPIED},
    )


def title_from(html: str) -> str:
    """The first heading or else the first sentence, cut at a word boundary; "Untitled" for HTML without text."""
    heading = shorten(first_heading(html) or "", MAX_TITLE_FROM_HEADING)
    return heading or shorten(first_sentence(plain_text(html)), MAX_TITLE_FROM_TEXT) or UNTITLED


def _publishing_date(draft: Draft, *, before: Article | None, now: datetime) -> datetime | None:
    if draft.published is not None:
        return draft.published
    if before is not None and before.published is not None:
        return before.published
    return None if draft.status is Status.DRAFT else now


def _day(published: datetime | None, *, before: Article | None, site: Site) -> date | None:
    if published is None:
        return None
    if before is not None and before.published == published:
        return before.day
    return site.day_of(published)


def _updated(status: Status, published: datetime | None, *, ever_public: bool, now: datetime) -> datetime:
    """The publishing date when an article first becomes public; otherwise now."""
    if status is Status.PUBLISHED and published is not None and not ever_public:
        return published
    return now
