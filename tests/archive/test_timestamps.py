"""Instants: parsed and written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.timestamps import EARLIEST, LATEST, parse_instant, rfc3339, utc

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-12-14", "2023-12-13T23:00:00Z"),
        ("2023-07-14", "2023-07-13T22:00:00Z"),
        ("2023-12-14T09:30:00Z", "2023-12-14T09:30:00Z"),
        ("2023-12-14T09:30:00.123456Z", "2023-12-14T09:30:00.123456Z"),
        ("2023-12-14T09:30:00-05:30", "2023-12-14T15:00:00Z"),
        ("2023-12-14 09:30", "2023-12-14T08:30:00Z"),
        ("  2023-12-14  ", "2023-12-13T23:00:00Z"),
        ("1969-07-20T20:17:40Z", "1969-07-20T20:17:40Z"),
        ("0001-01-02T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-30T23:59:59Z", "9999-12-30T23:59:59Z"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # in Berlin's DST gap
    ],
)
def test_a_date_and_a_time_are_read_in_the_sites_zone(text: str, instant: str) -> None:
    assert rfc3339(parse_instant(text, BERLIN)) == instant


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "14.12.2023", "2023-13-01", "2023-02-30", "10000-01-01", "0000-01-01", "-1-01-01", "1702546200",
     "2023-12-14T25:00:00Z", "2023-12-14T09:30:61Z", "2023-12-14T09:30:00+99:00", "٢٠٢٣-١٢-١٤", "2023-12-14\0"],
)  # fmt: skip
def test_the_message_for_an_invalid_date_has_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"):
        parse_instant(text, BERLIN)


@pytest.mark.parametrize(
    "text", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T12:00", "9999-12-31T23:59:59-12:00"]
)
def test_the_ends_of_the_calendar_are_out_of_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="it must be from 0001-01-02 to 9999-12-30"):
        parse_instant(text, BERLIN)


def test_a_date_object_is_its_midnight_on_the_site() -> None:
    assert utc(date(2023, 12, 14), BERLIN) == datetime(2023, 12, 13, 23, tzinfo=UTC)


@given(st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)))
def test_a_round_trip_changes_nothing(instant: datetime) -> None:
    assert parse_instant(rfc3339(instant), BERLIN) == instant


@given(st.datetimes(timezones=st.timezones()))
def test_any_moment_is_kept_or_refused(moment: datetime) -> None:
    try:
        instant = utc(moment, BERLIN)
    except ValueError:
        assert not EARLIEST.year + 1 < moment.year < LATEST.year - 1
    else:
        assert (instant, instant.tzinfo) == (moment.astimezone(UTC), UTC)
