"""Dates as people type them into a search."""

from __future__ import annotations

from datetime import date

import pytest

from archive.search.dates import check_range, first_day, last_day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-12-14", date(2023, 12, 14), date(2023, 12, 14)),
    ],
)
def test_a_date_is_the_beginning_or_the_end_of_a_range(text: str, first: date, last: date) -> None:
    assert (first_day(text), last_day(text)) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "23", "0000", "2023-13", "2023-00", "2023-02-30", "2023-1-1", "٢٠٢٣"]
)
def test_what_is_not_a_date_is_refused_with_examples(text: str) -> None:
    for read in (first_day, last_day):
        with pytest.raises(ValueError, match=r"is not a date; write 2023-12-14, 2023-12 or 2023$"):
            read(text)


def test_a_long_text_is_quoted_only_in_part() -> None:
    with pytest.raises(ValueError, match=r"^'x{40}…' is not a date"):
        first_day("x" * 1000)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    day, later = date(2023, 12, 14), date(2023, 12, 15)
    for first, last in ((day, later), (day, day), (None, day), (day, None), (None, None)):
        check_range(first, last)
    with pytest.raises(ValueError, match="2023-12-14 is before 2023-12-15"):
        check_range(later, day)
