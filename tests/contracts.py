"""What every back-end promises. Each one runs these suites whole; nobody switches a test off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from archive.article import Article, Status
from archive.search import Facet, SearchIndex, SearchQuery, Sort
from tests.builders import a_stored_article
from tests.nasty_queries import NASTY_QUERIES


class SearchIndexContract:
    """Give it a fixture `index`: cleared, at position 0."""

    # Finding ----------------------------------------------------------------------------------------

    def test_what_was_applied_is_found(self, index: SearchIndex) -> None:
        article = a_stored_article(title="Wheat exports rise")
        index.apply([article], position=7)
        results = index.search(SearchQuery(text="export"))
        assert [hit.id for hit in results.hits] == [article.id]
        assert results.total == 1
        assert index.position() == 7

    def test_words_are_wanted_and_more_of_them_come_first(self, index: SearchIndex) -> None:
        texts = {"both": "wheat and corn", "one": "wheat and barley", "none": "oats and barley"}
        index.apply([a_stored_article(id=key, title="-", content_text=text) for key, text in texts.items()], position=1)
        assert _ids(index, "corn wheat") == ["both", "one"]

    def test_words_that_stand_close_together_come_first(self, index: SearchIndex) -> None:
        apart = a_stored_article(id="a", title="-", content_text="Wheat. One two three four five six. Export.")
        close = a_stored_article(id="b", title="-", content_text="One two three. Wheat export. Four five six.")
        index.apply([apart, close], position=1)
        assert _ids(index, "wheat export") == ["b", "a"]

    def test_a_word_in_the_title_counts_more_than_one_in_the_text(self, index: SearchIndex) -> None:
        in_text = a_stored_article(id="text", title="Barley", content_text="wheat")
        in_title = a_stored_article(id="title", title="Wheat", content_text="barley")
        index.apply([in_text, in_title], position=1)
        assert _ids(index, "wheat") == ["title", "text"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ('"wheat export"', {"a"}),
            ('"export wheat"', {"b"}),
            ("+wheat -corn", {"a"}),
            ("wheat -corn", {"a"}),
            ("wheat AND corn", {"b"}),
            ("flour OR corn", {"a", "b"}),
            ("NOT wheat", {"c"}),
            ("-corn", {"a", "c"}),
            ("(flour OR corn) AND rise", {"a"}),
            ("title:wheat", {"a"}),
            ("title:corn", set()),
            ("author:doe", {"a"}),
            ('author:"jane doe"', {"a"}),
            ('author:"doe rod"', set()),
            ("tag:usa", {"a", "b"}),
            ("tag:el-salvador", {"b"}),
            ("section:grain", {"a", "b"}),
            ("flou*", {"a"}),
            ("exporti*", {"b"}),
            ("wh?at", {"a", "b"}),
            ("wheet~", {"a", "b"}),
            ("florist~", set()),
            ("EXPORTED", {"a", "b"}),
            ("cafe", {"c"}),
            ("新闻", {"c"}),
            ("闻新", set()),
            ("搜索新闻", {"c"}),
            ("jane", {"a"}),
            ("*", set()),
            ("nowhere", set()),
        ],
    )
    def test_the_language_of_queries(self, index: SearchIndex, text: str, found: set[str]) -> None:
        index.apply(
            [
                a_stored_article(
                    id="a",
                    title="Wheat exports rise",
                    content_text="Flour, too.",
                    authors=["Jane Doe", "Rod Roe"],
                    tags=["USA"],
                    section="Grain",
                ),
                a_stored_article(
                    id="b",
                    title="A bad year",
                    content_text="Corn. Exporting wheat did not pay.",
                    tags=["usa", "El Salvador"],
                    section="grain",
                ),
                a_stored_article(id="c", title="Café", content_text="今天的新闻很多"),
            ],
            position=1,
        )
        assert set(_ids(index, text)) == found

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"section": "Grain"}, ["b", "a"]),
            ({"section": "GRAIN"}, ["b", "a"]),
            ({"tag": "el-salvador"}, ["b"]),
            ({"tag": "El Salvador"}, ["b"]),
            ({"author": "jane doe"}, ["c", "a"]),
            ({"author": "jane"}, []),
            ({"first_day": date(1987, 3, 2)}, ["c", "b"]),
            ({"last_day": date(1987, 3, 2)}, ["b", "a"]),
            ({"first_day": date(1987, 3, 2), "last_day": date(1987, 3, 2)}, ["b"]),
            ({"section": "grain", "author": "Jane Doe"}, ["a"]),
            ({"sort": Sort.OLDEST}, ["a", "b", "c"]),
            ({}, ["c", "b", "a"]),
        ],
    )
    def test_an_empty_query_browses_newest_first(
        self, index: SearchIndex, filters: dict[str, Any], found: list[str]
    ) -> None:
        index.apply(
            [
                a_stored_article(id="a", published="1987-03-01", section="Grain", authors=["Jane Doe"]),
                a_stored_article(id="b", published="1987-03-02", section="grain", tags=["El Salvador"]),
                a_stored_article(id="c", published="1987-03-03", authors=["Jane DOE"]),
            ],
            position=1,
        )
        assert [hit.id for hit in index.search(SearchQuery(**filters)).hits] == found

    def test_facets_count_what_was_found_as_people_spell_it(self, index: SearchIndex) -> None:
        index.apply(
            [
                a_stored_article(id="a", title="Wheat", published="1987-03-01", tags=["USA", "wheat"], section="Grain"),
                a_stored_article(id="b", title="Wheat", published="1987-03-02", tags=["USA"], section="Grain"),
                a_stored_article(id="c", title="Wheat", published="1988-01-01", tags=["usa"], authors=["Jane Doe"]),
                a_stored_article(id="d", title="Corn", published="1989-01-01", tags=["corn"]),
            ],
            position=1,
        )
        assert index.search(SearchQuery(text="wheat")).facets == {
            "year": [Facet("1987", 2), Facet("1988", 1)],
            "section": [Facet("Grain", 2)],
            "tag": [Facet("USA", 3), Facet("wheat", 1)],
            "author": [Facet("Jane Doe", 1)],
        }
        assert index.search(SearchQuery(text="wheat", with_facets=False)).facets == {}

    def test_pages_neither_skip_nor_repeat(self, index: SearchIndex) -> None:
        articles = [
            a_stored_article(id=f"{number:03}", title="Wheat", published=f"1987-03-{1 + number % 3:02}")
            for number in range(70)
        ]
        index.apply(articles[:40], position=1)
        index.apply(articles[40:], position=2)
        newest_first = sorted(articles, key=lambda article: (-_published(article), article.id))
        for text in ("wheat", ""):
            pages = [index.search(SearchQuery(text=text, page=page, per_page=9)) for page in range(1, 10)]
            assert [page.total for page in pages] == [70] * 9
            found = [hit.id for page in pages for hit in page.hits]
            assert sorted(found) == sorted(article.id for article in articles)
            if not text:
                assert found == [article.id for article in newest_first]

    @pytest.mark.parametrize("sort", list(Sort))
    def test_sorting_by_date_is_over_everything_that_was_found(self, index: SearchIndex, sort: Sort) -> None:
        index.apply(
            [
                a_stored_article(id="old", title="Wheat wheat wheat", published="0900-01-02"),
                a_stored_article(
                    id="middle", title="Wheat in a long title that says much else", published="1969-05-05"
                ),
                a_stored_article(id="far", title="Wheat and corn", published="2025-06-07"),
            ],
            position=1,
        )
        found = [hit.id for hit in index.search(SearchQuery(text="wheat", sort=sort)).hits]
        expected = {Sort.NEWEST: ["far", "middle", "old"], Sort.OLDEST: ["old", "middle", "far"]}
        assert found == expected.get(sort, ["old", "far", "middle"])

    @pytest.mark.parametrize("page", [0, -1, 10**12])
    def test_any_page_number_is_answered(self, index: SearchIndex, page: int) -> None:
        index.apply([a_stored_article(title="Wheat")], position=1)
        results = index.search(SearchQuery(text="wheat", page=page, per_page=0))
        assert (results.total, len(results.hits)) == (1, 0 if page > 1 else 1)

    def test_an_empty_index_answers(self, index: SearchIndex) -> None:
        assert index.search(SearchQuery(text="wheat")).total == 0
        assert index.search(SearchQuery()).total == 0
        assert index.position() == 0
        assert list(index.revisions()) == []

    @pytest.mark.parametrize("text", NASTY_QUERIES, ids=range(len(NASTY_QUERIES)))
    def test_any_query_is_answered(self, index: SearchIndex, text: str) -> None:
        index.apply([a_stored_article(title="Bank of the oil trade", tags=["bank"])], position=1)
        results = index.search(SearchQuery(text=text))
        assert results.total == len(results.hits) <= 1

    # Applying ---------------------------------------------------------------------------------------

    def test_an_edit_replaces_what_was_there(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(id="a", title="Wheat")], position=1)
        index.apply([a_stored_article(id="a", title="Corn", revision=2)], position=2)
        assert (_ids(index, "wheat"), _ids(index, "corn")) == ([], ["a"])
        assert list(index.revisions()) == [("a", 2)]

    @pytest.mark.parametrize("status", ["draft", "withdrawn"])
    def test_what_is_not_published_is_not_found(self, index: SearchIndex, status: str) -> None:
        article = a_stored_article(id="a", title="Wheat")
        index.apply([article], position=1)
        index.apply([replace(article, status=Status(status), revision=2)], position=2)
        assert (_ids(index, "wheat"), _ids(index, "")) == ([], [])
        assert list(index.revisions()) == []

    def test_an_older_revision_changes_nothing(self, index: SearchIndex) -> None:
        old = a_stored_article(id="a", title="Wheat", revision=1)
        index.apply([a_stored_article(id="a", title="Corn", revision=2)], position=2)
        index.apply([old], position=1)
        assert _ids(index, "wheat") == []
        assert index.position() == 2

    def test_an_older_revision_does_not_bring_a_withdrawn_article_back(self, index: SearchIndex) -> None:
        article = a_stored_article(id="a", title="Wheat", revision=3)
        index.apply([replace(article, status=Status.WITHDRAWN, revision=4)], position=1)
        index.apply([article], position=2)
        index.tidy()
        index.apply([article], position=3)
        assert _ids(index, "wheat") == []

    def test_the_highest_revision_in_a_batch_wins(self, index: SearchIndex) -> None:
        titles = {1: "Wheat", 3: "Corn", 2: "Barley"}
        index.apply([a_stored_article(id="a", title=title, revision=n) for n, title in titles.items()], position=1)
        assert (_ids(index, "wheat barley"), _ids(index, "corn")) == ([], ["a"])

    def test_applying_twice_is_applying_once(self, index: SearchIndex) -> None:
        articles = [a_stored_article(id=f"{number}", title="Wheat") for number in range(5)]
        index.apply(articles, position=5)
        before = index.search(SearchQuery(text="wheat")), index.status()
        index.apply(articles, position=5)
        assert (index.search(SearchQuery(text="wheat")), index.status()) == before

    def test_a_position_is_recorded_where_no_article_changed(self, index: SearchIndex) -> None:
        index.apply([], position=9)
        assert index.position() == 9

    def test_clearing_starts_afresh(self, index: SearchIndex) -> None:
        article = a_stored_article(id="a", title="Wheat", revision=2)
        index.apply([article], position=9)
        index.clear()
        assert (index.position(), _ids(index, "wheat")) == (0, [])
        index.apply([replace(article, revision=1)], position=1)
        assert _ids(index, "wheat") == ["a"]

    def test_tidying_changes_no_answer(self, index: SearchIndex) -> None:
        for number in range(30):
            index.apply([a_stored_article(id=f"{number:02}", title=f"Wheat {number % 7}")], position=number)
        index.apply([a_stored_article(id=f"{number:02}", title="Corn", revision=2) for number in range(9)], position=31)
        queries = [SearchQuery(text=text, per_page=50) for text in ("wheat", "wheat 3", '"wheat 3"', "corn", "", "wh*")]
        before = [index.search(query) for query in queries]
        index.tidy()
        assert [index.search(query) for query in queries] == before
        assert index.status().documents == 30

    def test_a_closed_index_opens_again(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(id="a", title="Wheat")], position=1)
        index.close()
        assert _ids(index, "wheat") == ["a"]

    def test_many_threads_search_while_one_applies(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(id=f"{number:02}", title="Wheat old") for number in range(20)], position=1)

        def searching() -> set[int]:
            return {index.search(SearchQuery(text="wheat", per_page=100)).total for _ in range(60)}

        with ThreadPoolExecutor(4) as threads:
            totals = [threads.submit(searching) for _ in range(4)]
            for number in range(20):  # each commit replaces one article: never one more, never one less
                index.apply([a_stored_article(id=f"{number:02}", title="Wheat new", revision=2)], position=2 + number)
                if number == 10:
                    index.tidy()
            assert [total.result() for total in totals] == [{20}] * 4
        assert len(_ids(index, "new", per_page=100)) == 20


def _ids(index: SearchIndex, text: str, **options: Any) -> list[str]:
    return [hit.id for hit in index.search(SearchQuery(text=text, **options)).hits]


def _published(article: Article) -> float:
    assert article.published is not None
    return article.published.timestamp()
