"""The query language: typed text as a tree."""

from __future__ import annotations

import fnmatch
import functools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.search import query
from archive.search.query import Field, Fuzzy, Group, Node, Phrase, Wildcard, Word, leaves, parse, without_stop_words
from archive.search.stop_words import is_stop_word
from tests.support.nasty_queries import NASTY_QUERIES

WHEAT, CORN, USA = Word("wheat"), Word("corn"), Word("usa")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("wheat", WHEAT),
        ("wheat corn", Group(wanted=(WHEAT, CORN))),
        ("wheat OR corn", Group(wanted=(WHEAT, CORN))),
        ("wheat AND corn", Group(must=(WHEAT, CORN))),
        ("wheat and corn", Group(wanted=(WHEAT, Word("and"), CORN))),
        ("wheat && corn || usa", Group(wanted=(USA,), must=(WHEAT, CORN))),
        ("+wheat corn -usa", Group(wanted=(CORN,), must=(WHEAT,), must_not=(USA,))),
        ("wheat AND NOT corn", Group(must=(WHEAT,), must_not=(CORN,))),
        ("NOT wheat", Group(must_not=(WHEAT,))),
        ("-wheat", Group(must_not=(WHEAT,))),
        ("wheat -- corn", Group(wanted=(WHEAT, CORN))),
        ("wheat (corn usa)", Group(wanted=(WHEAT, Group(wanted=(CORN, USA))))),
        ("(wheat)", WHEAT),
        ("((wheat corn", Group(wanted=(WHEAT, CORN))),
        ("wheat) corn", Group(wanted=(WHEAT, CORN))),
        ("-(wheat corn)", Group(must_not=(Group(wanted=(WHEAT, CORN)),))),
        ('"wheat corn"', Phrase(("wheat", "corn"))),
        ("“wheat corn”", Phrase(("wheat", "corn"))),
        ('"wheat corn', Phrase(("wheat", "corn"))),
        ('"wheat"', WHEAT),
        ('""', None),
        ("title:wheat", Word("wheat", Field.TITLE)),
        ("TITLE:wheat", Word("wheat", Field.TITLE)),
        ('author:"jane doe"', Phrase(("jane", "doe"), Field.AUTHOR)),
        ("tag:(wheat corn)", Group(wanted=(Word("wheat", Field.TAG), Word("corn", Field.TAG)))),
        ("tag:el-salvador", Phrase(("el", "salvador"), Field.TAG)),
        ("-tag:usa wheat", Group(wanted=(WHEAT,), must_not=(Word("usa", Field.TAG),))),
        ("nosuch:wheat", Group(wanted=(Word("nosuch"), WHEAT))),
        ("title:", Word("title")),
        ("export*", Wildcard("export*")),
        ("Café*", Wildcard("cafe*")),
        ("wh?at", Wildcard("wh?at")),
        ("tag:exp*", Wildcard("exp*", Field.TAG)),
        ("wheat?", WHEAT),
        ("wheat~", Fuzzy("wheat", 1)),
        ("whe~9", Fuzzy("whe", 1)),
        ("exports~2", Fuzzy("exports", 2)),
        ("us~", Word("us")),
        ("wheat-corn", Group(wanted=(WHEAT, CORN))),
        ("+wheat-corn", Phrase(("wheat", "corn"))),
        ("wheat Wheat WHEATS", WHEAT),
        ("author:jones author:JONES", Word("jones", Field.AUTHOR)),
        ("author:jones author:jone", Group(wanted=(Word("jones", Field.AUTHOR), Word("jone", Field.AUTHOR)))),
        ("新闻", Phrase(("新", "闻"))),
        ("新闻搜", Group(wanted=(Phrase(("新", "闻")), Phrase(("闻", "搜"))))),
        ("", None),
        ("😀", None),
    ],
)
def test_parse(text: str, root: Node | None) -> None:
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("a*", "at least 2 letters"),
        (" ".join(f"w{number}" for number in range(50)), "first 32 words"),
        ("x" * 2000, "first 1000 characters"),
        ('"' + "wheat corn " * 20 + '"', "first 12 words of a phrase"),
        ("(" * 20 + "wheat", "deeper than 8"),
    ],
)
def test_what_is_left_out_is_said(text: str, note: str) -> None:
    assert [note for said in parse(text).notes if note in said] == [note]


@given(st.text("ab*?", max_size=9).map("xx*".__add__), st.text("ab", max_size=12).map("xx".__add__))
def test_a_star_stands_for_any_letters_and_a_question_mark_for_one(pattern: str, word: str) -> None:
    expression = Wildcard(pattern).expression
    assert (expression.fullmatch(word) is not None) == fnmatch.fnmatchcase(word, pattern)


def test_many_stars_are_looked_for_in_a_long_word_without_trying_all_places() -> None:
    before = time.process_time()
    assert Wildcard("xx" + "*x" * 6 + "*z").expression.fullmatch("x" * 60) is None
    assert time.process_time() - before < 0.5


@pytest.mark.parametrize("text", NASTY_QUERIES, ids=range(len(NASTY_QUERIES)))
def test_any_query_is_valid_and_cheap(text: str) -> None:
    before = time.process_time()
    check_bounds(text)
    assert time.process_time() - before < 0.5


@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(
                [*'()"+-*?~: ', "AND", "OR", "NOT", "title:", "wheat", "corn*", "x", "中文", "it's", " ", "~2", "a-b"]
            )
        ).map("".join),
    )
)
def test_any_text_is_a_query(text: str) -> None:
    check_bounds(text)


def check_bounds(text: str) -> None:
    root = parse(text).root
    assert count(root) <= 2 * query.MAX_WORDS  # a script without spaces: each character is in two pairs
    assert depth(root) <= query.MAX_DEPTH + 2
    for leaf in leaves(root):
        if isinstance(leaf, Phrase):
            assert 2 <= len(leaf.words) <= query.MAX_PHRASE
        if isinstance(leaf, Wildcard):
            assert len(leaf.prefix) >= query.MIN_PREFIX


def count(node: Node | None) -> int:
    if isinstance(node, Group):
        return sum(map(count, (*node.wanted, *node.must, *node.must_not)))
    if isinstance(node, Phrase):
        return len(node.words)
    return 0 if node is None else 1


def depth(node: Node | None) -> int:
    if isinstance(node, Group):
        return 1 + max(map(depth, (*node.wanted, *node.must, *node.must_not)), default=0)
    return 0


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("the price of wheat", "price wheat"),
        ("to be or not to be", "to be or not to be"),
        ("+the price", "+the price"),
        ("the +price", "+price"),
        ('"of the" wheat of', '"of the" wheat'),
        ("title:the price", "title:the price"),
        ("IT of wheat", "IT wheat"),
        ("(the of) wheat", "(the of) wheat"),
        ("the -wheat", "the -wheat"),
        ("the*", "the*"),
    ],
)
def test_words_that_say_nothing_are_not_looked_for_beside_others(text: str, left: str) -> None:
    stop_words = functools.partial(is_stop_word, languages=["en"])
    root, expected = parse(text).root, parse(left).root
    assert root is not None
    assert without_stop_words(root, stop_words) == expected
