"""Conditional requests, exactly (RFC 9110 §13), on plain strings: no framework, nothing parsed twice."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum


class Outcome(Enum):
    SEND = "send"
    NOT_MODIFIED = "not modified"  # 304
    FAILED = "failed"  # 412


def evaluate(
    *,
    etag: str,
    modified: datetime | None,
    if_match: str | None = None,
    if_unmodified_since: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: str | None = None,
) -> Outcome:
    """What a GET or HEAD gets, in the order of precedence of RFC 9110 §13.2.2.

    `etag` is strong, quotes included; `modified` has whole seconds, None where no date is sent. A date
    that cannot be read counts as not sent (§13.1.3)."""
    if if_match is not None:
        if not matches(if_match, etag, weakly=False):
            return Outcome.FAILED
    elif if_unmodified_since is not None and modified is not None:
        since = http_date(if_unmodified_since)
        if since is not None and modified > since:
            return Outcome.FAILED
    if if_none_match is not None:
        return Outcome.NOT_MODIFIED if matches(if_none_match, etag, weakly=True) else Outcome.SEND
    if if_modified_since is not None and modified is not None:
        since = http_date(if_modified_since)
        if since is not None and modified <= since:
            return Outcome.NOT_MODIFIED
    return Outcome.SEND


def matches(condition: str, etag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags, or `*`, names this one (RFC 9110 §8.8.3.2)."""
    if condition == etag:
        return True
    if condition.strip() == "*":
        return True
    return any(tag == etag or (weakly and tag.removeprefix("W/") == etag) for tag in entity_tags(condition))


def entity_tags(text: str) -> list[str]:
    """The tags of a list. A comma may stand inside the quotes, so that splitting there would be wrong."""
    tags: list[str] = []
    position = 0
    while True:
        opening = text.find('"', position)
        if opening < 0:
            return tags
        closing = text.find('"', opening + 1)
        if closing < 0:
            return tags
        weak = text[max(opening - 2, position) : opening] == "W/"
        tags.append(("W/" if weak else "") + text[opening : closing + 1])
        position = closing + 1


def http_date(text: str) -> datetime | None:
    """An HTTP-date in any of its three forms (RFC 9110 §5.6.7), None for anything else."""
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def accepts(accept_encoding: str, coding: str) -> bool:
    """Whether a client takes a content coding (RFC 9110 §12.5.3)."""
    star = False
    for item in accept_encoding.lower().split(","):
        name, _, parameters = item.partition(";")
        name = name.strip()
        if name not in (coding, "*"):
            continue
        wanted = _quality(parameters) > 0
        if name == coding:
            return wanted
        star = wanted
    return star


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
