"""Text into terms."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search.analysis import MAX_TERM, fold, raw_words, term_of, terms, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Exports exported exporting", ["export", "export", "export"]),
        ("to be or not to be", ["to", "be", "or", "not", "to", "be"]),
        ("Café CAFE cafe\u0301", ["cafe", "cafe", "cafe"]),
        ("Straße İSTANBUL ｗｉｄｅ", ["strass", "istanbul", "wide"]),
        ("U.S. U.S.A. e.g.", ["us", "usa", "eg"]),
        ("1,750 tonnes at 5.93", ["1750", "tonn", "at", "5.93"]),
        ("12.3.1987, 10.0.0.1", ["12", "3", "1987", "10", "0", "0", "1"]),
        ("Smith's don't l'eau O’Neill’s", ["smith", "don't", "l", "eau", "o", "neill"]),
        ("wheat-export snake_case a@b.com #tag", ["wheat", "export", "snake", "case", "a", "b", "com", "tag"]),
        ("新闻 搜索", ["新", "闻", "搜", "索"]),
        ("東京のニュース", ["東", "京", "の", "ニ", "ュ", "ー", "ス"]),
        ("한국어 검색", ["한", "국", "어", "검", "색"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", ["한", "국"]),  # the same, decomposed
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("😀 … — «»", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_names_keep_their_endings() -> None:
    assert terms("Jennings", stemmed=False) == ["jennings"]


def test_a_word_of_a_thousand_letters_is_cut() -> None:
    assert [len(term) for term in terms("x" * 1000)] == [MAX_TERM]


@given(st.text())
def test_tokens_stand_where_they_say(text: str) -> None:
    found = list(tokens(text))
    assert [token.term for token in found] == terms(text, stemmed=False)
    assert all(token.term and text[token.start : token.end] for token in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


@given(st.text(st.characters(max_codepoint=127)) | st.text("aS.,'1 _-"))
def test_a_text_of_ascii_alone_has_the_words_that_it_has_among_others(text: str) -> None:
    assert raw_words(f"{text} é") == [*raw_words(text), "é"]


@given(st.text())
def test_a_term_is_made_of_one_word(text: str) -> None:
    assert terms(text) == [term for word in words(text) if (term := term_of(word))]


@given(st.text(min_size=1))
def test_folding_twice_is_folding_once(text: str) -> None:
    for word in words(text):
        assert fold(fold(word)) == fold(word)
