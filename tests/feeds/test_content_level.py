"""What feeds carry of an article."""

from __future__ import annotations

import pytest

from archive.labels import Label, LabelKind
from archive.period import Period
from archive.urls import home_path
from feeds.content_level import Extent, Extents, read_extents

SCOPES = [None, *(Label(kind, "el-niño") for kind in LabelKind), Period(2026), Period(2026, 3), Period(2026, 3, 14)]


def test_all_feeds_carry_the_same_where_nothing_else_is_said():
    assert read_extents("summary") == Extents(Extent.SUMMARY)
    assert {read_extents("summary").of(home_path(scope)) for scope in SCOPES} == {Extent.SUMMARY}
    assert Extents().of("/search/") is Extent.FULL


@pytest.mark.parametrize("scope", SCOPES)
def test_one_feed_can_carry_something_else(scope):
    extents = read_extents({home_path(scope): "summary"})
    assert [one for one in SCOPES if extents.of(home_path(one)) is Extent.SUMMARY][:1] == [scope]


@pytest.mark.parametrize(
    ("folder", "extent"),
    [
        ("/", Extent.SUMMARY),
        ("/tags/rye/", Extent.SUMMARY),
        ("/tags/wheat/", Extent.FULL),
        ("/sections/grain/", Extent.FULL),
        ("/2026/", Extent.SUMMARY),
        ("/2026/03/", Extent.FULL),
        ("/2026/03/14/", Extent.FULL),
        ("/search/", Extent.FULL),
    ],
)
def test_the_longest_page_counts_and_the_sites_own_is_its_alone(folder: str, extent: Extent):
    extents = read_extents("full; /: summary; /tags/: summary; /tags/wheat/: full; /2026/: summary; /2026/03/: full")
    assert extents.of(folder) is extent


def test_what_was_read_can_be_read_again():
    for said in ("full", "summary; /: full", {"default": "full", "/tags/c%2B%2B/": "summary", "/search/": "summary"}):
        assert read_extents(str(read_extents(said))) == read_extents(said)
    assert read_extents(" full ;/tags/c%2B%2B/:summary ") == Extents(Extent.FULL, (("/tags/c++/", Extent.SUMMARY),))


@pytest.mark.parametrize(
    "said",
    ["", "whole", "full; summary: /tags/", "full; /tags/wheat: summary", "/archive/: full", {"/": True}, 7, ["full"]],
)
def test_what_cannot_be_read_is_refused(said: object):
    with pytest.raises(ValueError):
        read_extents(said)
