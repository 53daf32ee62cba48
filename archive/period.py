"""Periods: calendar years, months and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year, a month or a day in the site's time zone. Raises ValueError for dates that do not exist."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        date(self.year, *(1 if part is None else part for part in (self.month, self.day)))  # refuses 31 June and 0

    @classmethod
    def of_day(cls, day: date) -> tuple[Period, Period, Period]:
        """The year, the month and the day that this day belongs to."""
        return cls(day.year), cls(day.year, day.month), cls(day.year, day.month, day.day)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last_day(self) -> date:
        if self.day is not None:
            return self.first_day
        if self.month is None:
            return date(self.year, 12, 31)
        if self.month == 12:
            return date(self.year, 12, 31)
        return date(self.year, self.month + 1, 1) - timedelta(days=1)

    def __str__(self) -> str:
        """`2023`, `2023-12` or `2023-12-14`."""
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)
