"""Scores equal the reference implementation for every kind of query and any division into segments."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.article import Article
from archive.search import suggestions
from archive.search.deadline import Deadline
from archive.search.index import SearchQuery, Suggestions
from archive.search.whoosh.index import WhooshIndex
from archive.search.whoosh.searching import searcher
from tests.archive.search.reference import EXACTNESS_WEIGHT, Reference
from tests.support.builders import a_stored_article

WORDS = (
    "wheat corn export exports exported exporting oil price prices of the rise rises bank banks trade traded sugar "
    "cocoa study studies université universités préféré maisons café U.S. 1,750 3.5 zinc zincs tonnes new york"
).split()


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    chance = random.Random(4)
    weights = [1 / (1 + place) for place in range(len(WORDS))]
    return [
        a_stored_article(
            id=f"{number:03}",
            title=" ".join(chance.choices(WORDS, weights, k=chance.randint(1, 6))),
            content_text=" ".join(chance.choices(WORDS, weights, k=chance.randint(1, 400 if number % 9 else 3))),
            summary=chance.choice([None, "Wheat exports rise", "Trade of the study"]),
            authors=chance.choice([[], ["Jane Doe"], ["Jane Export", "Rod Roe"]]),
            tags=chance.choices(["usa", "new york", "Exports"], k=chance.randint(0, 2)),
            section=chance.choice([None, "Grain", "Oil trade"]),
            language=chance.choice(["en", "en", "en", "en", "fr", "de", "ja"]),
        )
        for number in range(240)
    ]


@pytest.fixture(scope="module")
def reference(articles: list[Article]) -> Reference:
    return Reference(articles)


@pytest.fixture(scope="module")
def index(articles: list[Article], tmp_path_factory: pytest.TempPathFactory) -> WhooshIndex:
    """An index with segments of various sizes and deleted documents."""
    index = WhooshIndex(tmp_path_factory.mktemp("scoring") / "search")
    index.clear()
    index.apply(
        [a_stored_article(id=article.id, title="Old zinc", revision=0) for article in articles[::5]], position=1
    )
    begin = 0
    for position, size in enumerate((130, 70, 30, 9, 1), start=2):
        index.apply(articles[begin : begin + size], position=position)
        begin += size
    return index


@pytest.mark.parametrize(
    "text",
    [
        "zincs",
        "wheat",
        "université",
        "universites",
        "wheat corn",
        "the price of the wheat",
        "of the",
        "+the wheat of",
        "(of the) wheat THE",
        "oil price rise bank trade sugar",
        '"wheat corn"',
        '"of the wheat"',
        '"wheat wheat"',
        "+wheat +zinc cocoa",
        "wheat -corn -zinc",
        "zinc OR (cocoa AND sugar)",
        "-wheat",
        "-(wheat corn) zinc",
        "title:wheat oil",
        "title:wheat title:corn",
        'title:"wheat export"',
        "author:export",
        'author:"jane doe" zinc',
        "author:jane~",
        "tag:usa wheat",
        "section:trade",
        "export*",
        "exp*ts",
        "expo?ts",
        "title:exporte*",
        "univers*",
        "exprot~",
        "exportd~ zinc",
        "title:zync~",
        "1,750",
        "U.S.",
        "préféré maisons",
        "stud* trade wheat~",
    ],
)
def test_scores_are_those_of_the_definition(index: WhooshIndex, reference: Reference, text: str) -> None:
    expected = reference.scores(text)
    pages = [index.search(SearchQuery(text=text, page=page, per_page=50, with_facets=False)) for page in range(1, 6)]
    found = {hit.id: hit.score for page in pages for hit in page.hits}
    assert {page.total for page in pages} == {len(expected)}
    assert found.keys() == expected.keys()
    rescored = [hit.id for hit in pages[0].hits]  # only these get proximity increments
    assert {article: found[article] for article in rescored} == pytest.approx(
        {article: expected[article] for article in rescored}, rel=1e-5
    )


@pytest.fixture(scope="module")
def large_vocabulary(tmp_path_factory: pytest.TempPathFactory) -> WhooshIndex:
    index = WhooshIndex(tmp_path_factory.mktemp("vocabulary") / "search")
    index.clear()
    many = " ".join(f"sa{number}" for number in range(25_000))
    index.apply([a_stored_article(content_text=many), a_stored_article(id="it", title="sugra sazz")], position=1)
    return index


@pytest.mark.parametrize("text", ["sugar~", "title:sugar~", "sa*zz"])
def test_every_word_of_a_large_vocabulary_is_compared(large_vocabulary: WhooshIndex, text: str) -> None:
    results = large_vocabulary.search(SearchQuery(text=text))
    assert ([hit.id for hit in results.hits], results.notes) == (["it"], ())


def test_new_articles_score_a_little_more_than_old_ones(tmp_path: Path) -> None:
    days = {"new": "1990-03-01", "year": "1989-03-01", "old": "1970-03-01"}
    articles = [a_stored_article(id=name, title="Wheat", published=day) for name, day in days.items()]
    scores = {}
    for recency in (0.0, 0.2):
        index = WhooshIndex(tmp_path / f"{recency}", recency=recency)
        index.clear()
        index.apply([*articles, a_stored_article(id="other", title="Corn", published="1990-03-01")], position=1)
        scores[recency] = {hit.id: hit.score for hit in index.search(SearchQuery(text="wheat")).hits}
    plain = scores[0.0]["new"] - EXACTNESS_WEIGHT * math.log(1 + 1.5 / 3.5)
    assert scores[0.0] == pytest.approx(dict.fromkeys(days, scores[0.0]["new"]))
    assert {name: scores[0.2][name] - scores[0.0][name] for name in days} == pytest.approx(
        {"new": 0.2 * plain, "year": 0.1 * plain, "old": 0.0}, abs=1e-6
    )


@pytest.mark.parametrize("text", ['"wheat corn"', "wheat corn", "export*", "exprot~", "+wheat +corn"])
def test_a_note_says_that_the_time_was_up_and_the_next_search_is_complete(
    index: WhooshIndex, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = SearchQuery(text=text)
    expected = index.search(query)
    index.close()  # empties the cache
    ticks = itertools.count()
    with monkeypatch.context() as hurried:
        hurried.setattr(
            searcher, "Deadline", lambda _timeout: Deadline(timedelta(seconds=1), lambda: float(next(ticks)))
        )
        late = index.search(query)
    assert "The search took too long; the results may be incomplete." in late.notes
    assert index.search(query) == expected


@pytest.mark.parametrize("text", ["+wheat +corn", "wheat -corn", "+wheat -corn", "-corn", "(wheat -corn) zinc"])
def test_a_search_out_of_time_finds_only_what_matches(
    index: WhooshIndex, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def totals(timeout: timedelta) -> set[str]:
        ticks = itertools.count()
        monkeypatch.setattr(searcher, "Deadline", lambda _timeout: Deadline(timeout, lambda: float(next(ticks))))
        query = SearchQuery(text=text, per_page=100, with_facets=False)
        return {hit.id for page in range(1, 4) for hit in index.search(replace(query, page=page)).hits}

    everything = totals(timedelta(seconds=10_000))
    for seconds in range(1, 15):
        assert totals(timedelta(seconds=seconds)) <= everything


def test_a_whole_answer_has_one_deadline(index: WhooshIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def deadline(timeout: timedelta) -> Deadline:
        made.append(timeout)
        return Deadline(timeout)

    monkeypatch.setattr(searcher, "Deadline", deadline)
    assert index.search(SearchQuery(text="exprots coca")).suggestion == "exports cocoa"
    assert made == [searcher.TIMEOUT]


def test_corrections_facets_and_completions_after_the_deadline_are_left_out(
    index: WhooshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, completed = index.search(SearchQuery(text="exprots")), index.suggest("yor")
    assert (expected.suggestion, bool(expected.facets), bool(completed.completions)) == ("exports", True, True)
    index.close()  # empties the cache
    with monkeypatch.context() as hurried:
        hurried.setattr(searcher, "Deadline", lambda _timeout: Deadline(timedelta(0)))
        hurried.setattr(suggestions, "Deadline", lambda _timeout: Deadline(timedelta(0)))
        late = index.search(SearchQuery(text="exprots"))
        assert index.suggest("yor") == Suggestions()
    assert (late.facets, late.suggestion) == ({}, None)
    assert late.notes == ("The search took too long; the results may be incomplete.",)
    assert (index.search(SearchQuery(text="exprots")), index.suggest("yor")) == (expected, completed)
