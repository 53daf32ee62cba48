"""Formats dates, sizes and numbers for pages, in English, independent of the locale of the process."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from archive.period import Period
from archive.search.analysis import STEMMERS

MONTHS: Final = "January February March April May June July August September October November December".split()
RECENT_PERIOD: Final = timedelta(days=30)  # over which `pace_text` counts articles
WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
# Languages that are usually written from right to left, by primary language subtag.
_RIGHT_TO_LEFT: Final = frozenset("ar arc ckb dv fa he ks ku nqo ps sd syr ug ur yi".split())


def day_text(day: date) -> str:
    """`14 December 2023`"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def long_day_text(day: date) -> str:
    """`Thursday, 14 December 2023`"""
    return f"{WEEKDAYS[day.weekday()]}, {day_text(day)}"


def time_text(instant: datetime, zone: ZoneInfo) -> str:
    """`10:30`, in the time zone."""
    return instant.astimezone(zone).strftime("%H:%M")


def moment_text(instant: datetime, zone: ZoneInfo) -> str:
    """`14 December 2023, 10:30 CET`"""
    local = instant.astimezone(zone)
    return f"{day_text(local.date())}, {local:%H:%M} {local.tzname() or ''}".rstrip()


def period_text(period: Period) -> str:
    """`2023`, `December 2023` or `Thursday, 14 December 2023`"""
    if period.day is not None:
        return long_day_text(period.first_day)
    if period.month is not None:
        return f"{MONTHS[period.month - 1]} {period.year}"
    return str(period.year)


def language_text(tag: str) -> str:
    """`French`, `French (fr-ca)`, `ja`: names for the languages that have a stemmer, tags for all others."""
    name = STEMMERS.get(tag.partition("-")[0].lower(), "").capitalize()
    return name if name and "-" not in tag else f"{name} ({tag})" if name else tag


def articles_text(count: int) -> str:
    """`1 article`, `12,408 articles`"""
    return "1 article" if count == 1 else f"{count:,} articles"


def size_text(length: int) -> str:
    """`823 bytes`, `12.3 MB`; empty if the size is unknown."""
    if length <= 0:
        return ""
    if length < 1000:
        return f"{length} bytes"
    size, unit = next(
        (length / scale, unit) for scale, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")) if length >= scale
    )
    return f"{size:.1f} {unit}" if size < 100 else f"{size:.0f} {unit}"


def direction(language: str) -> str:
    """The `dir` attribute for a language: `rtl`, or `auto`, by which browsers look at the letters."""
    return "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "auto"


def pace_text(count: int) -> str:
    """The pace of a feed: `about 3 a day`. `count`: articles within RECENT_PERIOD."""
    if count >= 30:
        return f"about {round(count / 30):,} a day"
    if count >= 4:
        return f"about {round(count * 7 / 30)} a week"
    return f"{count} in the last 30 days" if count else "nothing new for 30 days"
