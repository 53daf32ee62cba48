"""Edit distances between words."""

from __future__ import annotations

import pytest

from archive.search.edit_distance import edit_distance, within


@pytest.mark.parametrize(
    ("word", "other", "edits", "near"),
    [
        ("wheat", "wheat", 1, True),
        ("wheat", "whaet", 1, True),
        ("wheat", "wheet", 1, True),
        ("wheat", "heat", 1, True),
        ("wheat", "wheats", 1, True),
        ("wheat", "whets", 1, False),
        ("wheat", "whets", 2, True),
        ("wheat", "corn", 2, False),
        ("ab", "ba", 1, True),
    ],
)
def test_words_within_so_many_edits(word: str, other: str, edits: int, near: bool) -> None:
    assert within(word, other, edits) is near
    assert within(other, word, edits) is near


@pytest.mark.parametrize(
    ("word", "other", "distance"),
    [("wheat", "wheat", 0), ("wheat", "whaet", 1), ("wheat", "whets", 2), ("wheat", "corn", 3)],
)
def test_a_distance_above_the_limit_is_the_limit_and_one(word: str, other: str, distance: int) -> None:
    assert edit_distance(word, other, limit=2) == distance
