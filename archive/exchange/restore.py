"""Articles that Dateline itself wrote out, and what of them comes back: identity, dates and addresses."""

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

_MARKS: Final = frozenset({"id", "guid", "revision", "created"})  # no other program writes all of them
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_ADDRESS: Final = re.compile(r"[^\s/?#%\\\x00-\x1f\x7f\ud800-\udfff]{1,200}")


def is_own(fields: Mapping[str, object]) -> bool:
    """Whether an export of Dateline wrote these fields."""
    return fields.keys() >= _MARKS


def own_id(fields: Mapping[str, object]) -> str | None:
    """The id that the article had in the archive it came from."""
    name = fields.get("id")
    return name if is_own(fields) and isinstance(name, str) and _ID.fullmatch(name) else None


def own_draft(fields: Mapping[str, object], *, zone: ZoneInfo, fallback_title: str | None) -> Draft:
    """The draft of any item. What Dateline wrote itself is rendered anew from its source, and its
    address, which may carry a number, counts as it is. Raises InvalidDraft."""
    if not is_own(fields):
        return parse_draft(fields, zone=zone, fallback_title=fallback_title)
    fields = dict(fields)
    if any(fields.get(f"content_{kind}") is not None for kind in (ContentFormat.MARKDOWN, ContentFormat.TEXT)):
        fields.pop("content_html", None)
    slug = fields.pop("slug", None)
    kept = slug if isinstance(slug, str) and _ADDRESS.fullmatch(slug) else None
    draft = parse_draft(fields, zone=zone, fallback_title=fallback_title)
    return replace(draft, slug=kept)


def with_dates(article: Article, fields: Mapping[str, object], *, now: datetime, zone: ZoneInfo) -> Article:
    """A new article as old as its source says: `created`, `updated`, and the day in its address.

    Raises InvalidDraft."""
    problems: list[Problem] = []
    created = _past("created", fields, now=now, zone=zone, problems=problems)
    updated = _past("updated", fields, now=now, zone=zone, problems=problems)
    if problems:
        raise InvalidDraft(problems)
    return replace(
        article,
        created=created or article.created,
        updated=updated or article.updated,
        day=_day(fields) if _is_near(_day(fields), article.published) else article.day,
    )


def never_published(article: Article, fields: Mapping[str, object]) -> Article:
    """The article without a date where it was withdrawn before it ever had one."""
    if is_own(fields) and fields.get("published") is None and article.status is Status.WITHDRAWN:
        return replace(article, published=None, day=None)
    return article


def _past(
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


def _day(fields: Mapping[str, object]) -> date | None:
    try:
        return date.fromisoformat(str(fields.get("day"))) if is_own(fields) else None
    except ValueError:
        return None


def _is_near(day: date | None, published: datetime | None) -> bool:
    """Whether the instant falls on this day in some time zone."""
    return day is not None and published is not None and abs(day - published.date()) <= timedelta(days=1)
