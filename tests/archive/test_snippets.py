"""Snippets: the best passage, marked, and safe."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.query import parse
from archive.snippets import LENGTH, highlight, snippet

FILLER = "The quick brown fox jumps over the lazy dog. " * 30


def of(query: str, text: str, **options: int) -> str:
    return snippet(parse(query).root, text, **options)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("wheat", "Some wheat.", "Some <mark>wheat</mark>."),
        (
            "export",
            "Exports, exporting: EXPORTED",
            "<mark>Exports</mark>, <mark>exporting</mark>: <mark>EXPORTED</mark>",
        ),
        ('"wheat flour"', "Wheat, then wheat flour.", "Wheat, then <mark>wheat</mark> <mark>flour</mark>."),
        ("exp*", "An export.", "An <mark>export</mark>."),
        ("exporti*", "Exporting exports.", "<mark>Exporting</mark> exports."),
        ("whaet~", "Some wheat.", "Some <mark>wheat</mark>."),
        ("wheat -corn", "Wheat and corn.", "<mark>Wheat</mark> and corn."),
        ("title:wheat", "Some wheat.", "Some wheat."),
        ("cafe", "Un café noir", "Un <mark>café</mark> noir"),
        ("新闻", "今天的新闻很多", "今天的<mark>新闻</mark>很多"),
        ("b", "<b>&amp;", "&lt;<mark>b</mark>&gt;&amp;amp;"),
        ("", "One\n\ntwo\tthree", "One two three"),
        ("wheat", "", ""),
    ],
)
def test_short_texts_are_shown_whole(query: str, text: str, expected: str) -> None:
    assert of(query, text) == expected


def test_the_best_passage_is_shown() -> None:
    text = f"Wheat. {FILLER} Wheat and barley met. {FILLER} Barley."
    shown = of("wheat barley", text)
    assert "<mark>Wheat</mark> and <mark>barley</mark> met." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_rare_words_weigh_more_than_frequent_ones() -> None:
    text = f"The the the of the. {FILLER} One wheat. {FILLER}"
    assert "<mark>wheat</mark>" in of("the of wheat", text)


def test_without_a_hit_the_beginning_is_shown() -> None:
    shown = of("wheat", FILLER)
    assert shown.startswith("The quick brown fox")
    assert shown.endswith(" …")


def test_it_is_cut_at_words() -> None:
    shown = of("wheat", f"{FILLER} wheat {FILLER}", length=80)
    cut = set(re.findall(r"\w+", shown)) - {"mark"}
    assert cut <= set(re.findall(r"\w+", FILLER)) | {"wheat"}


def test_a_title_is_marked_whole() -> None:
    assert highlight(parse("oil srd").root, "Oil <SRD> & more") == (
        "<mark>Oil</mark> &lt;<mark>SRD</mark>&gt; &amp; more"
    )
    assert highlight(parse("author:oil").root, "Oil") == "Oil"


@given(st.text(), st.lists(st.sampled_from(["wheat", "<b>", "&", "\n", " ", "x" * 300, "a", ". "])).map("".join))
def test_any_snippet_is_safe_and_short(query: str, text: str) -> None:
    for typed in (query, "wheat a", "b", "x*"):
        shown = of(typed, text)
        bare = shown.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in bare
        assert len(unescape(bare)) <= LENGTH + 4
        assert shown.count("<mark>") == shown.count("</mark>")
        assert re.sub(r"\s+", "", unescape(bare)).strip("…") in re.sub(r"\s+", "", text)
