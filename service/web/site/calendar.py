"""View models for browsing by year, month and day."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from archive.article import Article
from archive.period import Period
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery, SortKey
from archive.timestamps import EARLIEST
from archive.urls import home_path
from service.links import Addresses
from service.web.pages.formatting import MONTHS, WEEKDAYS, articles_text, period_text
from service.web.pages.view_models import Link

_BEFORE_ALL: Final = SortKey(EARLIEST, "")
MAX_HEAT: Final = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One month or day. `heat` ranges from 0 (no articles) to MAX_HEAT (the busiest)."""

    text: str
    href: str | None = None
    note: str = ""
    title: str = ""
    heat: int = 0


@dataclass(frozen=True, slots=True)
class YearRow:
    """One year with its months, January first."""

    year: Link
    months: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class MonthTable:
    """A month as a table of weeks. Days of other months are empty cells."""

    weekdays: Sequence[tuple[str, str]]
    weeks: Sequence[Sequence[Cell]]


def nearest(archive: Archive, period: Period) -> tuple[Period | None, Period | None]:
    """The nearest earlier and later periods of the same length that have articles."""
    newest = archive.listings.find(ArticleQuery(period=period, limit=1))
    oldest = archive.listings.find(ArticleQuery(period=period, before=_BEFORE_ALL, limit=1))
    if not newest or not oldest:
        return None, None
    earlier = archive.listings.find(ArticleQuery(after=SortKey.of(oldest[0]), limit=1))
    later = archive.listings.find(ArticleQuery(before=SortKey.of(newest[0]), limit=1))
    return _like(period, earlier), _like(period, later)


def _like(period: Period, articles: Sequence[Article]) -> Period | None:
    if not articles or articles[0].day is None:
        return None
    length = 0 if period.month is None else 1 if period.day is None else 2
    found = Period.of_day(articles[0].day)[length]
    return None if found == period else found


def parents(period: Period, addresses: Addresses) -> list[Link]:
    """Links to the year of a month or day, and to the month of a day."""
    above = [Period(period.year)] if period.month else []
    if period.day is not None:
        above.append(Period(period.year, period.month))
    return [
        Link(MONTHS[each.month - 1] if each.month else str(each.year), addresses.href(home_path(each)))
        for each in above
    ]


def year_rows(counts: Mapping[Period, int], addresses: Addresses) -> list[YearRow]:
    """All years with articles, newest first, with their months. `counts`: articles by month."""
    years: dict[int, int] = {}
    for month, count in counts.items():
        years[month.year] = years.get(month.year, 0) + count
    most = max(counts.values(), default=0)
    return [
        YearRow(
            Link(str(year), addresses.href(home_path(Period(year))), articles_text(count)),
            months_of(year, counts, addresses, most=most),
        )
        for year, count in sorted(years.items(), reverse=True)
    ]


def months_of(year: int, counts: Mapping[Period, int], addresses: Addresses, *, most: int = 0) -> list[Cell]:
    """The twelve months of a year; `most`: articles of the busiest month; 0: of this year's."""
    months = [Period(year, month) for month in range(1, 13)]
    most = most or max(counts.get(month, 0) for month in months)
    return [
        _cell(name, month, counts.get(month, 0), most, addresses) for name, month in zip(MONTHS, months, strict=True)
    ]


def month_table(archive: Archive, year: int, month: int, addresses: Addresses) -> MonthTable:
    """The days of a month, weeks from Monday."""
    weeks = Calendar().monthdayscalendar(year, month)
    days = {day: Period(year, month, day) for week in weeks for day in week if day}
    counts = {day: archive.listings.count(ArticleQuery(period=of_day)) for day, of_day in days.items()}
    most = max(counts.values())
    cells = {day: _cell(str(day), days[day], counts[day], most, addresses) for day in days}
    return MonthTable(
        weekdays=[(name[:2], name) for name in WEEKDAYS],
        weeks=[[cells.get(day, Cell("")) for day in week] for week in weeks],
    )


def _cell(text: str, period: Period, count: int, most: int, addresses: Addresses) -> Cell:
    if not count:
        return Cell(text)
    heat = -(-MAX_HEAT * count // most)
    title = f"{period_text(period)}: {articles_text(count)}"
    return Cell(text, addresses.href(home_path(period)), f"{count:,}", title, heat)


def period_of(year: int, month: int | None, day: int | None) -> Period | None:
    """The period, or None if it is not in the calendar, such as month 00 or 31 June."""
    try:
        return None if 0 in (month, day) else Period(year, month, day)
    except ValueError:
        return None
