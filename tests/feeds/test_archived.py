"""How the archive of the site's feed is divided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.period import Period
from archive.store.feed_volumes import Volume
from archive.store.listings import SortKey
from feeds.archived import Shelf, divide, page_of
from feeds.spec import Format
from tests.support.builders import NOON

MARCH = Period(2026, 3)


def places(count: int, first: int = 0) -> list[SortKey]:
    return [SortKey(NOON + timedelta(minutes=number), f"a{number}") for number in range(first, first + count)]


@pytest.mark.parametrize(
    ("volume", "path"),
    [
        (Volume(MARCH, 1), "/archive/2026/03/feed.atom"),
        (Volume(MARCH, 12, places(1)[0]), "/archive/2026/03/12/feed.atom"),
        (Volume(Period(1, 12), 1), "/archive/0001/12/feed.atom"),
    ],
)
def test_where_a_volume_stands(volume: Volume, path: str):
    assert page_of(volume).path(Format.ATOM) == path


def test_what_fits_is_not_divided():
    assert divide(Volume(MARCH, 4), places(3), next_number=5, grows=False, size=3) == [Volume(MARCH, 4)]


def test_a_volume_that_grows_keeps_its_oldest_articles():
    found = divide(Volume(MARCH, 1), places(7), next_number=2, grows=True, size=3)
    assert found == [Volume(MARCH, 1), Volume(MARCH, 2, places(7)[3]), Volume(MARCH, 3, places(7)[6])]


def test_a_volume_in_the_midst_keeps_its_newest_ones():
    found = divide(Volume(MARCH, 1, places(1)[0]), places(4), next_number=8, grows=False, size=3)
    assert found == [Volume(MARCH, 8, places(1)[0]), Volume(MARCH, 1, places(4)[2])]


@given(st.integers(0, 40), st.booleans(), st.integers(1, 7))
def test_every_article_has_one_volume_that_is_large_enough(count: int, grows: bool, size: int):
    shelf = Shelf([Volume(MARCH, 1), Volume(Period(2026, 4), 1)])
    shelf.put(divide(Volume(MARCH, 1), places(count), next_number=2, grows=grows, size=size))
    held = [shelf.holding(MARCH, place) for place in places(count)]
    assert all(held.count(volume) <= size for volume in shelf)
    assert held == sorted(held, key=list(shelf).index)
    assert len({volume.number for volume in shelf.of_month(MARCH)}) == max(1, -(-count // size))


def test_neighbours_are_found_across_months():
    first, second, third = Volume(Period(2025, 12), 1), Volume(MARCH, 2), Volume(MARCH, 1, places(1)[0])
    shelf = Shelf([third, first, second])
    assert list(shelf) == [first, second, third]
    assert [shelf.older(volume) for volume in shelf] == [None, first, second]
    assert [shelf.newer(volume) for volume in shelf] == [second, third, None]
    assert [shelf.end(volume) for volume in shelf] == [None, places(1)[0], None]
    assert shelf.last == third
    assert shelf.next_number(MARCH) == 3
    assert shelf.next_number(Period(1999, 1)) == 1


def test_a_month_without_volumes_holds_nothing():
    shelf = Shelf([Volume(Period(2026, 2), 1), Volume(Period(2026, 4), 1)])
    assert shelf.holding(MARCH, places(1)[0]) is None
    assert Shelf().holding(MARCH, places(1)[0]) is None
    assert Shelf().last is None
