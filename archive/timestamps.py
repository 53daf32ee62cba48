"""Instants: timezone-aware datetimes in UTC, written in RFC 3339."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# One day inside the range of datetime, so that converting to any time zone cannot overflow.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC) - timedelta(microseconds=1)


def rfc3339(instant: datetime) -> str:
    """`2023-12-14T09:30:00Z`, with fractions of a second only if there are any (RFC 3339 §5.6)."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant, UTC, of an RFC 3339 date-time or a plain date.

    A date means midnight in `zone`; a time without offset is in `zone`. Raises ValueError; its message is for
    people and continues a sentence that begins with the field's name."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z") from None
    return utc(parsed, zone)


def utc(moment: datetime | date, zone: ZoneInfo) -> datetime:
    """The instant in UTC. A date means midnight in `zone`; a time without offset is in `zone`.

    Raises ValueError outside EARLIEST to LATEST; its message continues a sentence that begins with the field's name."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        instant = moment.astimezone(UTC)
    except OverflowError:
        instant = None
    if instant is None or not EARLIEST <= instant <= LATEST:
        raise ValueError("is outside the calendar; it must be from 0001-01-02 to 9999-12-30")
    return instant
