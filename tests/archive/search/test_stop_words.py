"""Stop words: the lists, and stop words in an archive of several languages."""

from __future__ import annotations

import pytest
from whoosh.lang.stopwords import stoplists

from archive.search.analysis import STEMMERS, fold
from archive.search.stop_words import LISTS, is_stop_word, is_stop_word_here, stop_words

WHOOSH_NAMES = {"nb": "no", "nn": "no"}


@pytest.mark.parametrize("language", sorted(STEMMERS))
def test_the_words_are_those_that_existing_indexes_were_searched_with(language: str) -> None:
    expected = stoplists.get(WHOOSH_NAMES.get(language, language), ())
    assert stop_words(language) == {fold(word) for word in expected}


def test_every_list_belongs_to_a_language_and_is_sorted() -> None:
    lists = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in LISTS.glob("*.txt")}
    assert lists.keys() == set(stoplists)
    assert all(lines[0].startswith("# ") and lines[1:] == sorted(set(lines[1:])) for lines in lists.values())


@pytest.mark.parametrize("language", ["", "..", "../en", "zh", "xx"])
def test_other_languages_have_no_stop_words(language: str) -> None:
    assert stop_words(language) == frozenset()


@pytest.mark.parametrize(
    ("word", "languages", "is_one"),
    [
        ("of", ["en"], True),
        ("Of", ["en"], True),
        ("IT", ["en"], False),  # an abbreviation
        ("I", ["en"], True),
        ("für", ["de"], True),
        ("war", ["en"], False),
        ("war", ["en", "de"], True),
        ("wheat", ["en", "de"], False),
        ("of", [], False),
    ],
)
def test_a_stop_word_is_one_of_a_language(word: str, languages: list[str], is_one: bool) -> None:
    assert is_stop_word(word, languages) is is_one


@pytest.mark.parametrize(
    ("counts", "is_one"),
    [({"en": 2, "de": 1}, False), ({"en": 1, "de": 1}, True), ({"de": 0, "en": 0}, False), ({}, False)],
)
def test_a_word_is_a_stop_word_where_it_is_one_of_half_of_the_articles(counts: dict[str, int], is_one: bool) -> None:
    assert is_stop_word_here("war", counts) is is_one
