"""Restores articles that Dateline exported, with their id, dates and URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from archive.article import Article, ContentFormat, Draft, Status
from archive.errors import InvalidDraft, Problem
from archive.timestamps import parse_instant
from archive.validation import parse_draft

_EXPORT_MARKS: Final = frozenset({"id", "guid", "revision", "created"})  # no other program writes all of them
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_EXPORTED_SLUG: Final = re.compile(r"[^\s/?#%\\\x00-\x1f\x7f\ud800-\udfff]{1,200}")


def is_dateline_export(fields: Mapping[str, object]) -> bool:
    """Whether an export of Dateline wrote these fields."""
    return fields.keys() >= _EXPORT_MARKS


def exported_id(fields: Mapping[str, object]) -> str | None:
    """The article's id in the archive that exported it; None if it is not an export of Dateline."""
    article_id = fields.get("id")
    is_valid = is_dateline_export(fields) and isinstance(article_id, str) and _ID.fullmatch(article_id)
    return str(article_id) if is_valid else None


def parse_item(fields: Mapping[str, object], *, zone: ZoneInfo, fallback_title: str | None) -> Draft:
    """The draft of an item. Raises InvalidDraft.

    For exports of Dateline, HTML is rendered again from its source if there is one, and the slug is not validated,
    since it may be older than the rules for slugs."""
    if not is_dateline_export(fields):
        return parse_draft(fields, zone=zone, fallback_title=fallback_title)
    fields = dict(fields)
    if any(fields.get(f"content_{kind}") is not None for kind in (ContentFormat.MARKDOWN, ContentFormat.TEXT)):
        fields.pop("content_html", None)
    slug = fields.pop("slug", None)
    kept = slug if isinstance(slug, str) and _EXPORTED_SLUG.fullmatch(slug) else None
    draft = parse_draft(fields, zone=zone, fallback_title=fallback_title)
    return replace(draft, slug=kept)


def restore_dates(article: Article, fields: Mapping[str, object], *, now: datetime, zone: ZoneInfo) -> Article:
    """The article with `created`, `updated` and, in exports of Dateline, `day` from the item's fields.

    `created` and `updated` are at most `now`; `day` is used if it is the day of `published` in some time zone.
    Raises InvalidDraft."""
    problems: list[Problem] = []
    created = _past_instant("created", fields, now=now, zone=zone, problems=problems)
    updated = _past_instant("updated", fields, now=now, zone=zone, problems=problems)
    if problems:
        raise InvalidDraft(problems)
    day = _exported_day(fields)
    return replace(
        article,
        created=created or article.created,
        updated=updated or article.updated,
        day=day if _is_near(day, article.published) else article.day,
    )


def remove_added_date(article: Article, fields: Mapping[str, object]) -> Article:
    """The article without the publishing date that `compose` added, if it was withdrawn before it ever had one."""
    if is_dateline_export(fields) and fields.get("published") is None and article.status is Status.WITHDRAWN:
        return replace(article, published=None, day=None)
    return article


def _past_instant(
    name: str, fields: Mapping[str, object], *, now: datetime, zone: ZoneInfo, problems: list[Problem]
) -> datetime | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        instant = parse_instant(str(value), zone)
    except ValueError as error:
        problems.append(Problem(name, str(error)))
        return None
    return min(instant, now)


def _exported_day(fields: Mapping[str, object]) -> date | None:
    try:
        return date.fromisoformat(str(fields.get("day"))) if is_dateline_export(fields) else None
    except ValueError:
        return None


def _is_near(day: date | None, published: datetime | None) -> bool:
    """Whether the instant is on this day in some time zone: at most one day from its day in UTC."""
    return day is not None and published is not None and abs(day - published.date()) <= timedelta(days=1)
