"""Properties of the site: authority, URLs, days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.site import Site
from tests.support.builders import SITE


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://news.example.org/", "news.example.org"),
        ("https://ann:secret@News.Example.org:8443/blog/", "news.example.org"),
        ("http://127.0.0.1:8000/", "localhost"),
        ("http://[::1]:8000/", "localhost"),
    ],
)
def test_guids_are_minted_in_the_sites_name_rfc4151_2_1(url: str, authority: str) -> None:
    assert Site(url=url).authority == authority


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/", "https://news.example.org/"),
        ("/2023/12/14/été", "https://news.example.org/2023/12/14/%C3%A9t%C3%A9"),
        ("/tags/c++/", "https://news.example.org/tags/c++/"),
        ("/tags/c#/", "https://news.example.org/tags/c%23/"),
        ("/tags/50%/", "https://news.example.org/tags/50%25/"),
        ("/tags/what?/", "https://news.example.org/tags/what%3F/"),
        ("//evil.example/", "https://news.example.org/evil.example/"),
    ],
)
def test_a_path_becomes_an_encoded_address_on_the_site(path: str, url: str) -> None:
    assert SITE.absolute(path) == url


def test_a_site_may_live_below_a_path() -> None:
    assert Site(url="https://example.org/news/").absolute("/feed.rss") == "https://example.org/news/feed.rss"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda key: key.strip("./")))
def test_any_key_stays_one_step_below_its_folder(key: str) -> None:
    key = key.replace("/", "")
    parts = urlsplit(SITE.absolute(f"/tags/{key}/"))
    assert (parts.netloc, unquote(parts.path), parts.query, parts.fragment) == (
        "news.example.org", f"/tags/{key}/", "", "",
    )  # fmt: skip


def test_days_are_counted_where_the_site_is() -> None:
    late = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
    assert SITE.day_of(late) == date(2026, 1, 1)
    assert Site(zone=ZoneInfo("America/New_York")).day_of(late) == date(2025, 12, 31)
