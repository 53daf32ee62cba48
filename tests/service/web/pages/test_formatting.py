"""Formatting of dates, sizes and names on pages, links and cursors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from archive.period import Period
from archive.site import Site
from service.links import Addresses
from service.web.pages.formatting import (
    articles_text,
    day_text,
    direction,
    language_text,
    moment_text,
    pace_text,
    period_text,
    size_text,
)
from service.web.pagination import cursor_of, read_cursor
from tests.support.builders import an_article


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, ""),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (223_456_789, "223 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_sizes_read_as_people_say_them(length: int, text: str) -> None:
    assert size_text(length) == text


def test_days_and_moments_are_english_and_in_the_zone_of_the_site() -> None:
    assert day_text(date(7, 1, 2)) == "2 January 7"
    assert moment_text(datetime(2026, 7, 1, 22, 5, tzinfo=UTC), ZoneInfo("Europe/Berlin")) == "2 July 2026, 00:05 CEST"


def test_languages_have_names_where_they_are_known() -> None:
    assert [language_text(tag) for tag in ("fr", "fr-ca", "ja", "")] == ["French", "French (fr-ca)", "ja", ""]


def test_periods_have_names() -> None:
    periods = [Period(2026), Period(2026, 3), Period(2026, 3, 14)]
    assert [period_text(period) for period in periods] == ["2026", "March 2026", "Saturday, 14 March 2026"]


def test_one_article_is_not_many() -> None:
    assert [articles_text(count) for count in (0, 1, 12_408)] == ["0 articles", "1 article", "12,408 articles"]


@pytest.mark.parametrize(("language", "expected"), [("ar", "rtl"), ("he-IL", "rtl"), ("en", "auto"), ("az", "auto")])
def test_the_direction_follows_the_language_where_it_is_known_to_run_from_the_right(
    language: str, expected: str
) -> None:
    assert direction(language) == expected


def test_a_site_in_a_folder_keeps_its_links_in_there() -> None:
    addresses = Addresses(Site(url="https://example.org/news/"))
    assert addresses.href("/tags/a b/") == "/news/tags/a%20b/"
    assert addresses.href("/search", q="a&b") == "/news/search?q=a%26b"
    assert addresses.absolute("/") == "https://example.org/news/"


def test_a_cursor_leads_back_to_its_place() -> None:
    article = an_article(id="00000000-0000-7000-8000-000000000000", published="0999-05-06T07:08:09.123456Z")
    sort_key = read_cursor(cursor_of(article))
    assert (sort_key.sort_date, sort_key.id) == (article.published, article.id)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "nothing new for 30 days"),
        (3, "3 in the last 30 days"),
        (4, "about 1 a week"),
        (29, "about 7 a week"),
        (30, "about 1 a day"),
        (60_000, "about 2,000 a day"),
    ],
)
def test_how_often_something_comes(count: int, text: str) -> None:
    assert pace_text(count) == text
