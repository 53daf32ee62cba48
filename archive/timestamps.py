"""Points in time: always aware, always UTC inside, RFC 3339 outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A day away from both ends of the calendar, so that no time zone leads outside it.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC) - timedelta(microseconds=1)


def rfc3339(instant: datetime) -> str:
    """`2023-12-14T09:30:00Z`; fractions only where there are any (RFC 3339 §5.6)."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An RFC 3339 date-time or a plain date as an instant in UTC.

    A date means its midnight, and a time without offset means that time, in `zone`.
    Raises ValueError with words for people."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z") from None
    return utc(parsed, zone)


def utc(moment: datetime | date, zone: ZoneInfo) -> datetime:
    """The instant in UTC; a date is its midnight in `zone`, and so is a time without offset.

    Raises ValueError outside the years 1 to 9999."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        instant = moment.astimezone(UTC)
    except OverflowError:
        instant = None
    if instant is None or not EARLIEST <= instant <= LATEST:
        raise ValueError("is outside the calendar; dates from 0001-01-02 to 9999-12-30 can be kept")
    return instant
