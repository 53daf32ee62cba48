"""Replacing words of a query text."""

from __future__ import annotations

import pytest

from archive.search.query import parse
from archive.search.spelling import correctable_words, replace_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("whaet", "wheat"),
        ("Whaet and WHAET, whaet's", "Wheat and WHEAT, whaet's"),
        ('+"whaet export" -(corn OR whaet)', '+"wheat export" -(corn OR wheat)'),
        ("title:whaet  whaet:", "title:wheat  wheat:"),
        ("whaet~ whaet~2 wha*et whaet* ?whaet", "whaet~ whaet~2 wha*et whaet* ?whaet"),
        ("whaet-export", "wheat-export"),
        ("title:corn", "title:corn"),
        ("", ""),
    ],
)
def test_everything_but_the_words_stays_as_typed(text: str, expected: str) -> None:
    assert replace_words(text, {"whaet": "wheat", "title": "tilt"}) == expected


def test_short_words_numbers_and_wildcards_are_not_corrected() -> None:
    root = parse('wheat -corns "of trade" 1987 b52s USA title:ports prefix* fuzzy~ 新闻').root
    assert [word.text for word in correctable_words(root)] == ["wheat", "trade", "ports"]
