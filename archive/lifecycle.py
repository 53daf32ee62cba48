"""What may happen to an article: compose, revise, release, withdraw. All pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from archive.article import Article, ContentFormat, Draft, Status
from archive.content.html import render
from archive.content.text import first_heading, first_sentence, plain_text, shorten
from archive.errors import GuidFixed, WrongStatus
from archive.site import Site
from archive.slugs import make_slug

TITLE_FROM_TEXT = 120  # characters of a title that is taken from the text
LONGEST_HEADING = 500  # characters of a title that is taken from a heading; as many as a given one may have
UNTITLED = "Untitled"


def mint_guid(article_id: str, *, now: datetime, site: Site) -> str:
    """A permanent `tag:` URI (RFC 4151): minted once, stored, never derived again."""
    return f"tag:{site.authority},{site.day_of(now).isoformat()}:{article_id}"


def compose(draft: Draft, *, article_id: str, now: datetime, site: Site) -> Article:
    """A first revision, numbered 0 until an archive has saved it."""
    return _filled(
        draft,
        article_id=article_id,
        guid=draft.guid or mint_guid(article_id, now=now, site=site),
        revision=0,
        created=now,
        now=now,
        site=site,
        before=None,
        seen=False,
    )


def revise(article: Article, draft: Draft, *, now: datetime, site: Site, minor: bool = False) -> Article:
    """The article as the draft says, with its identity kept.

    A `minor` change keeps `updated` if the article is public before and after it (RFC 4287 §4.2.15).
    Raises GuidFixed if the draft has another guid."""
    if draft.guid is not None and draft.guid != article.guid:
        raise GuidFixed(article.guid)
    revised = _filled(
        draft,
        article_id=article.id,
        guid=article.guid,
        revision=article.revision,
        created=article.created,
        now=now,
        site=site,
        before=article,
        seen=article.was_public or article.status in (Status.PUBLISHED, Status.WITHDRAWN),
    )
    if minor and article.is_public and revised.is_public:
        return replace(revised, updated=max(article.updated, revised.published or article.updated))
    return revised


def release(article: Article, *, now: datetime) -> Article:
    """Put a scheduled article on the air once its time has come.

    That time is later than whatever readers saw of it before: it was to come when it was set."""
    if article.status is not Status.SCHEDULED or article.published is None or article.published > now:
        raise WrongStatus(f"article {article.id} is not due: it is {article.status}")
    return replace(article, status=Status.PUBLISHED, updated=article.published, modified=now)


def withdraw(article: Article, *, now: datetime) -> Article:
    """Take an article off the air. Its page answers 410 from now on; nothing of it is deleted."""
    if article.status is Status.WITHDRAWN:
        raise WrongStatus(f"article {article.id} is withdrawn already")
    return replace(article, status=Status.WITHDRAWN, updated=now, modified=now)


def _filled(
    draft: Draft,
    *,
    article_id: str,
    guid: str,
    revision: int,
    created: datetime,
    now: datetime,
    site: Site,
    before: Article | None,
    seen: bool,
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
        summary=draft.summary,
        content_html=html,
        content=None if draft.content.format is ContentFormat.HTML else draft.content,
        authors=draft.authors,
        section=draft.section,
        tags=draft.tags,
        language=draft.language or site.language,
        published=published,
        updated=_updated(status, published, seen=seen, now=now),
        created=created,
        modified=now,
        canonical_url=draft.canonical_url,
        image=draft.image,
        enclosures=draft.enclosures,
        was_public=before is not None and before.was_public,
    )


def title_from(html: str) -> str:
    """The first heading, else the first sentence, cut at a word; "Untitled" where there is no word."""
    heading = shorten(first_heading(html) or "", LONGEST_HEADING)
    return heading or shorten(first_sentence(plain_text(html)), TITLE_FROM_TEXT) or UNTITLED


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


def _updated(status: Status, published: datetime | None, *, seen: bool, now: datetime) -> datetime:
    """An article that readers have not seen yet is as old as its publishing date; later changes are changes."""
    if status is Status.PUBLISHED and published is not None and not seen:
        return published
    return now
