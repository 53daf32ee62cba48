"""Dates as people type them into a search: a year, a month or a day, each the beginning or the end of a range."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from archive.period import Period

MAX_QUOTED: Final = 40  # characters of an invalid date in an error message
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def first_day(text: str) -> date:
    """The first day of a range that begins with `2023`, `2023-12` or `2023-12-14`. Raises ValueError."""
    return _period(text).first_day


def last_day(text: str) -> date:
    """The last day of a range that ends with `2023`, `2023-12` or `2023-12-14`. Raises ValueError."""
    return _period(text).last_day


def check_range(first: date | None, last: date | None) -> None:
    """Raises ValueError if a range ends before it begins. None: it is open."""
    if first is not None and last is not None and first > last:
        raise ValueError(f"{last} is before {first}, the first day of the search")


def _period(text: str) -> Period:
    found = _DATE.fullmatch(text)
    try:
        if found is not None:
            parts = [int(part) for part in found.groups() if part]
            if all(parts):
                return Period(*parts)
    except ValueError:  # such as 2023-02-30
        pass
    quoted = repr(text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "…")
    raise ValueError(f"{quoted} is not a date; write 2023-12-14, 2023-12 or 2023")
