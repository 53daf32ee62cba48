"""Conditional requests (RFC 9110 §13) and content negotiation (§12), on plain strings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_DATES = [
    re.compile(form, re.ASCII)
    for form in (
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT",
        rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT",
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
]


class Outcome(Enum):
    """What a request's conditions ask for."""

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
    """The outcome for a GET or HEAD, by the precedence of RFC 9110 §13.2.2.

    `etag` is strong, quotes included. `modified` has whole seconds; None if the response has no Last-Modified. An
    invalid date in a condition is ignored (§13.1.3)."""
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


def unchanged_since_part(if_range: str, *, etag: str, modified: datetime | None) -> bool:
    """Whether If-Range matches: by strong comparison of the ETag, or by the exact date (RFC 9110 §13.1.5).

    Both validators must be strong. Our dates are: no two states of a document share one."""
    condition = if_range.strip(" \t")
    if condition.startswith(('"', "W/")):
        return condition == etag
    return modified is not None and http_date(condition) == modified


def matches(condition: str, etag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags, or `*`, matches this one (RFC 9110 §8.8.3.2)."""
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
    found = next((match for form in _DATES if (match := form.fullmatch(text.strip(" \t")))), None)
    if found is None:
        return None
    year, second = int(found["year"]), int(found["second"])
    if len(found["year"]) == 2:
        year = _full_year(year)
    try:
        return datetime(
            year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            59 if second == 60 else second,  # datetime has no leap seconds
            tzinfo=UTC,
        )
    except ValueError:
        return None


def _full_year(two_digits: int) -> int:
    """The year of an RFC 850 date, at most 50 years in the future (RFC 9110 §5.6.7)."""
    this_year = datetime.now(UTC).year
    year = this_year - this_year % 100 + two_digits
    return year - 100 if year > this_year + 50 else year


def accepted_codings(accept_encoding: str | None, offered: Sequence[str]) -> list[str]:
    """The offered codings that a client accepts, by descending weight (RFC 9110 §12.5.3).

    Codings of equal weight keep their order. `identity` is accepted unless it is refused, and comes last if it is
    not mentioned. `*` means only gzip: some clients that send it cannot read all other codings."""
    weights: dict[str, float] = {}
    for item in (accept_encoding or "").lower().split(","):
        name, _, parameters = item.partition(";")
        weights.setdefault(name.strip().removeprefix("x-"), quality(parameters))
    any_other = weights.get("*", 0.0)
    offered_weights = {name: weights.get(name, any_other if name == "gzip" else 0.0) for name in offered}
    accepted = [name for name in offered if offered_weights[name] > 0]
    is_unmentioned = weights.get("identity") is None and weights.get("*") != 0.0
    if "identity" in offered and "identity" not in accepted and is_unmentioned:
        accepted.append("identity")
    return sorted(accepted, key=lambda name: -offered_weights[name])


def quality(parameters: str) -> float:
    """The weight among the parameters of an accepted item (RFC 9110 §12.4.2); 1 if missing, 0 if invalid."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
