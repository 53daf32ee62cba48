"""Words of the embedded index, read many at once, and how far they are from one that was typed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search import analysis
from archive.search.whoosh.indexing.segment_writer import build
from archive.search.whoosh.searching import spellings
from archive.search.whoosh.searching.spell_checker import distances
from archive.search.whoosh.searching.spellings import Spellings
from archive.search.whoosh.segment.schema import FORM
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import Table
from tests.support.builders import a_stored_article

WORDS = st.text("abcп", min_size=1, max_size=7)


@given(WORDS, st.lists(WORDS, max_size=5))
def test_distances_are_those_that_slips_make(word: str, others: list[str]) -> None:
    for other, distance in zip(others, distances(word, others).tolist(), strict=True):
        for edits in range(4):
            assert analysis.neighbours(word, edits)(other) == (distance <= edits)


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Of so many words that their records are numbered with more than two bytes."""
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
    name, _, content = build(articles)
    path = tmp_path_factory.mktemp("words") / f"{name}.seg"
    path.write_bytes(content)
    return Segment(path)


def test_a_table_reads_what_the_segment_says(segment: Segment) -> None:
    table = Table(segment, FORM)
    known = list(segment.vocabulary(FORM, b""))
    assert [
        (table.term(number), count) for number, count in enumerate(table.counts(range(len(table))).tolist())
    ] == known
    assert [table.count(term) for term, _ in known] == [count for _, count in known]
    assert table.count(b"wheatss") == Table(segment, "summary").count(b"wheat") == 0
    assert table.lengths(range(len(table))).tolist() == [len(term) for term, _ in known]
    assert [table.term(number) for number in table.beginning(b"wheat")] == [b"wheat", b"wheats"]
    assert len(table.beginning(b"zz")) == len(Table(segment, "summary")) == 0


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
def test_words_that_are_alike_are_among_those_that_may_be(
    segment: Segment, word: str, edits: int, near: set[str]
) -> None:
    table, alike = Table(segment, FORM), analysis.Alike.to(word, edits, {"en", "ru"})
    found = {term.decode() for numbers in table.like(alike) for term in table.terms(numbers)}
    assert near <= set(filter(alike.fits, found))
    every = [term.decode() for term, _ in segment.vocabulary(FORM, word[0].encode())]
    assert set(filter(alike.fits, every)) <= found
    assert len(found) < 10 or word == "word5"  # others are left out unread


def test_of_very_many_words_those_of_one_document_are_not_kept(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = Spellings(segment)
    monkeypatch.setattr(spellings, "MANY", 100)
    frequent = Spellings(segment)
    assert {frequent.table.term(number).decode() for number in frequent.like("wheet", 2).tolist()} == {"wheat"}
    assert frequent.nbytes < every.nbytes


@pytest.mark.parametrize(
    ("word", "near"),
    [("wheet", {"wheat", "wheats"}), ("пщеница", {"пшеница"}), ("wheatss", {"wheats", "wheat"}), ("b52t", set())],
)
def test_words_that_are_near_are_not_missed(segment: Segment, word: str, near: set[str]) -> None:
    spellings = Spellings(segment)
    found = {spellings.table.term(number).decode() for number in spellings.like(word, 2).tolist()}
    assert near <= found
    assert len(found) < 10
    assert spellings.like("w" * 60, 2).dtype == np.uint32  # longer than any that is kept
