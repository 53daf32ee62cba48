"""Whole articles or summaries, by feed."""

from __future__ import annotations

import pytest

from archive.labels import Label, LabelKind
from archive.period import Period
from archive.urls import Scope, home_path
from feeds.content_level import ContentLevel, ContentLevels, read_content_levels

SCOPES = [None, *(Label(kind, "el-niño") for kind in LabelKind), Period(2026), Period(2026, 3), Period(2026, 3, 14)]


def test_all_feeds_have_the_default_level_without_exceptions() -> None:
    assert read_content_levels("summary") == ContentLevels(ContentLevel.SUMMARY)
    assert {read_content_levels("summary").of(home_path(scope)) for scope in SCOPES} == {ContentLevel.SUMMARY}
    assert ContentLevels().of("/search/") is ContentLevel.FULL


@pytest.mark.parametrize("scope", SCOPES)
def test_one_feed_can_have_another_level(scope: Scope) -> None:
    content_levels = read_content_levels({home_path(scope): "summary"})
    assert [one for one in SCOPES if content_levels.of(home_path(one)) is ContentLevel.SUMMARY][:1] == [scope]


@pytest.mark.parametrize(
    ("folder", "content_level"),
    [
        ("/", ContentLevel.SUMMARY),
        ("/tags/rye/", ContentLevel.SUMMARY),
        ("/tags/wheat/", ContentLevel.FULL),
        ("/sections/grain/", ContentLevel.FULL),
        ("/2026/", ContentLevel.SUMMARY),
        ("/2026/03/", ContentLevel.FULL),
        ("/2026/03/14/", ContentLevel.FULL),
        ("/search/", ContentLevel.FULL),
    ],
)
def test_the_longest_page_counts_and_the_home_page_is_the_sites_feed_alone(
    folder: str, content_level: ContentLevel
) -> None:
    content_levels = read_content_levels(
        "full; /: summary; /tags/: summary; /tags/wheat/: full; /2026/: summary; /2026/03/: full"
    )
    assert content_levels.of(folder) is content_level


def test_levels_are_read_back_from_their_text() -> None:
    for said in ("full", "summary; /: full", {"default": "full", "/tags/c%2B%2B/": "summary", "/search/": "summary"}):
        assert read_content_levels(str(read_content_levels(said))) == read_content_levels(said)
    assert read_content_levels(" full ;/tags/c%2B%2B/:summary ") == ContentLevels(
        ContentLevel.FULL, (("/tags/c++/", ContentLevel.SUMMARY),)
    )


@pytest.mark.parametrize(
    "said",
    ["", "whole", "full; summary: /tags/", "full; /tags/wheat: summary", "/archive/: full", {"/": True}, 7, ["full"]],
)
def test_unreadable_values_are_refused(said: object) -> None:
    with pytest.raises(ValueError):
        read_content_levels(said)
