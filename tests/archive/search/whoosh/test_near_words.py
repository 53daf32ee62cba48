"""Bulk reads of the term dictionary, and near words by edit distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search.edit_distance import FuzzyWord, within
from archive.search.fields import FORM
from archive.search.whoosh.indexing.segment_writer import build_segment
from archive.search.whoosh.searching import near_words
from archive.search.whoosh.searching.near_words import LetterSets, edit_distances
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import TermDictionary
from tests.support.builders import a_stored_article

WORDS = st.text("abcп", min_size=1, max_size=7)


@given(WORDS, st.lists(WORDS, max_size=5))
def test_distances_agree_with_words_within_so_many_edits(word: str, others: list[str]) -> None:
    for other, distance in zip(others, edit_distances(word, others).tolist(), strict=True):
        for edits in range(4):
            assert within(word, other, edits) == (distance <= edits)


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """An index with enough words for record offsets of more than two bytes."""
    words = [
        "wheat",
        "wheats",
        "whe",
        "w" * 60,
        "пшеница",
        "b52s",
        *(f"word{'abcdefghij'[n % 10]}{n}" for n in range(3000)),
    ]
    articles = [a_stored_article(title="Wheat", content_text=" ".join(words)), a_stored_article(title="Wheat, пшеница")]
    name, _, content = build_segment(articles)
    path = tmp_path_factory.mktemp("words") / f"{name}.seg"
    path.write_bytes(content)
    return Segment(path)


def test_a_dictionary_has_the_terms_of_the_segment(segment: Segment) -> None:
    dictionary = TermDictionary(segment, FORM)
    known = list(segment.vocabulary(FORM, b""))
    assert [
        (dictionary.term(number), count)
        for number, count in enumerate(dictionary.counts(range(len(dictionary))).tolist())
    ] == known
    assert [dictionary.count(term) for term, _ in known] == [count for _, count in known]
    assert dictionary.count(b"wheatss") == TermDictionary(segment, "summary").count(b"wheat") == 0
    assert dictionary.lengths(range(len(dictionary))).tolist() == [len(term) for term, _ in known]
    assert [dictionary.term(number) for number in dictionary.with_prefix(b"wheat")] == [b"wheat", b"wheats"]
    assert len(dictionary.with_prefix(b"zz")) == len(TermDictionary(segment, "summary")) == 0


@pytest.mark.parametrize(
    ("word", "edits", "near"),
    [
        ("wheet", 1, {"wheat", "wheats"}),
        ("wheeting", 2, {"wheat", "wheats"}),
        ("пщеницы", 2, {"пшеница"}),
        ("word5", 1, {"wordf5"}),
        ("who", 1, {"whe"}),
    ],
)
def test_all_words_that_match_are_candidates(segment: Segment, word: str, edits: int, near: set[str]) -> None:
    dictionary, fuzzy = TermDictionary(segment, FORM), FuzzyWord.of(word, edits, {"en", "ru"})
    found = {term.decode() for numbers in dictionary.fuzzy_candidates(fuzzy) for term in dictionary.terms(numbers)}
    assert near <= set(filter(fuzzy.matches, found))
    every = [term.decode() for term, _ in segment.vocabulary(FORM, word[0].encode())]
    assert set(filter(fuzzy.matches, every)) <= found
    assert len(found) < 10 or word == "word5"  # others are excluded without being read


def test_of_a_large_vocabulary_words_of_one_document_are_not_kept(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = LetterSets(segment)
    monkeypatch.setattr(near_words, "LARGE_VOCABULARY_THRESHOLD", 100)
    frequent = LetterSets(segment)
    assert {frequent.dictionary.term(number).decode() for number in frequent.candidates("wheet", 2).tolist()} == {
        "wheat"
    }
    assert frequent.nbytes < every.nbytes


@pytest.mark.parametrize(
    ("word", "near"),
    [("wheet", {"wheat", "wheats"}), ("пщеница", {"пшеница"}), ("wheatss", {"wheats", "wheat"}), ("b52t", set())],
)
def test_all_near_words_are_candidates(segment: Segment, word: str, near: set[str]) -> None:
    letters = LetterSets(segment)
    found = {letters.dictionary.term(number).decode() for number in letters.candidates(word, 2).tolist()}
    assert near <= found
    assert len(found) < 10
    assert letters.candidates("w" * 60, 2).dtype == np.uint32  # longer than MAX_BYTES
