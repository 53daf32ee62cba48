"""Snippets: the best passage, marked, and safe."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search.query import parse
from archive.search.snippets import LENGTH, highlight, snippet, snippet_of_html

FILLER = "The quick brown fox jumps over the lazy dog. " * 30


def of(query: str, text: str, *, length: int = LENGTH) -> str:
    return snippet(parse(query).root, text, length=length)


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


@pytest.mark.parametrize(
    ("query", "language", "text", "expected"),
    [
        ("préféré", "fr", "Les maisons préférées.", "Les maisons <mark>préférées</mark>."),
        ("prefere", "fr-CA", "Les maisons préférées.", "Les maisons <mark>préférées</mark>."),
        ('"maison préférée"', "fr", "Les maisons préférées.", "Les <mark>maisons</mark> <mark>préférées</mark>."),
        ("häuser", "de", "Des Hauses Haus.", "Des <mark>Hauses</mark> <mark>Haus</mark>."),
        ("exports", "xx", "Exporting exports, export.", "Exporting <mark>exports</mark>, <mark>export</mark>."),
        ("préfér*", "fr", "Préférées.", "<mark>Préférées</mark>."),
        ("préférés~", "fr", "Préférées.", "<mark>Préférées</mark>."),
    ],
)
def test_words_are_marked_by_the_rules_of_the_texts_language(
    query: str, language: str, text: str, expected: str
) -> None:
    languages = frozenset({"en", "fr", "de"})
    assert snippet(parse(query).root, text, language=language, languages=languages) == expected
    assert highlight(parse(query).root, text, language=language, languages=languages) == expected


LONG = FILLER * 400  # half a million characters


@pytest.mark.parametrize("spelled", ["Zincs", "préférées", "Пшеницы"])
@pytest.mark.parametrize("place", [0, 1, 300, 399])
def test_in_a_long_text_the_place_is_found_wherever_it_is(spelled: str, place: int) -> None:
    text = f"{FILLER * place} Here are {spelled}. {FILLER * (400 - place)}"
    for query in ("zinc", "préféré", "пшеница"):
        shown = snippet(parse(query).root, text, language={"z": "en", "p": "fr"}.get(query[0], "ru"))
        assert ("<mark>" in shown) == (spelled[0].casefold() == query[0])


def test_of_a_long_text_the_stretch_with_most_of_the_words_is_shown() -> None:
    text = f"Wheat. {FILLER * 50} A harbour. {FILLER * 50} Wheat in the harbour. {FILLER * 50} Wheat."
    assert "<mark>Wheat</mark> in the <mark>harbour</mark>" in of("wheat harbour", text)


def test_a_stretch_that_only_looks_like_it_is_passed_over() -> None:
    text = f"A lizincer. {FILLER * 50} Zinc at last. {FILLER * 50}"
    assert "<mark>Zinc</mark> at last" in of("zinc", text)


@pytest.mark.parametrize("place", [0, 1, 150, 290, 300])
def test_in_long_html_the_place_is_found_and_no_tag_shows(place: int) -> None:
    filler = f'<p title="zinc">{FILLER[:90]}<a href="https://example.org/zinc/{"x" * 300}">there</a></p>\n'
    html = f"{filler * place}<p>Here is <b>zinc</b> &lt;at last&gt;.</p>{filler * (300 - place)}"
    shown = snippet_of_html(parse("zinc").root, html)
    assert "Here is <mark>zinc</mark> &lt;at last&gt;." in shown
    assert (shown.startswith("… "), shown.endswith(" …")) == (place > 0, place < 300)
    assert len(unescape(re.sub("</?mark>", "", shown))) <= LENGTH + 4
    for query in ("zebra", "nowhere there~"):
        shown = snippet_of_html(parse(query).root, html)
        assert "href" not in shown
        assert shown.endswith(" …")


def test_short_html_is_the_text_that_it_holds() -> None:
    assert (
        snippet_of_html(parse("wheat").root, "<p>Some <i>wheat</i> &amp; rye</p>")
        == "Some <mark>wheat</mark> &amp; rye"
    )


@pytest.mark.parametrize("text", [LONG, "x" * 500_000, "Wheat" + " " * 500_000, "新闻" * 100_000])
def test_any_long_text_has_a_beginning(text: str) -> None:
    assert len(of("zebra", text)) <= LENGTH + 4


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
