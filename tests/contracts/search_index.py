"""What every search engine promises. Each one runs this suite whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from archive.article import Article, Status
from archive.labels import LabelKind
from archive.search.index import Facet, SearchIndex, SearchQuery, Sort, Suggestion, Suggestions
from archive.search.query import parse
from tests.support.builders import a_stored_article
from tests.support.nasty_queries import NASTY_QUERIES


class SearchIndexContract:
    """Give it a fixture `index`: cleared, at position 0."""

    # Finding ----------------------------------------------------------------------------------------

    def test_an_applied_article_is_found(self, index: SearchIndex) -> None:
        article = a_stored_article(title="Wheat exports rise")
        index.apply([article], position=7)
        results = index.search(SearchQuery(text="export"))
        assert [hit.id for hit in results.hits] == [article.id]
        assert results.total == 1
        assert index.position() == 7

    def test_articles_with_more_of_the_words_come_first(self, index: SearchIndex) -> None:
        texts = {"both": "wheat and corn", "one": "wheat and barley", "none": "oats and barley"}
        index.apply([a_stored_article(id=key, title="-", content_text=text) for key, text in texts.items()], position=1)
        assert _ids(index, "corn wheat") == ["both", "one"]

    def test_articles_with_the_words_close_together_come_first(self, index: SearchIndex) -> None:
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
    def test_the_query_language(self, index: SearchIndex, text: str, found: set[str]) -> None:
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
            ({"language": "FR-ca"}, ["b"]),
            ({"language": "fr"}, []),
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
                a_stored_article(
                    id="b", published="1987-03-02", section="grain", tags=["El Salvador"], language="fr-CA"
                ),
                a_stored_article(id="c", published="1987-03-03", authors=["Jane DOE"]),
            ],
            position=1,
        )
        assert [hit.id for hit in index.search(SearchQuery(**filters)).hits] == found

    def test_facets_count_the_results_under_the_usual_spelling(self, index: SearchIndex) -> None:
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
            "month": [Facet("1987-03", 2), Facet("1988-01", 1)],
            "language": [Facet("en", 3)],
            "section": [Facet("Grain", 2)],
            "tag": [Facet("USA", 3), Facet("wheat", 1)],
            "author": [Facet("Jane Doe", 1)],
        }
        assert index.search(SearchQuery(text="wheat", with_facets=False)).facets == {}

    def test_a_facet_counts_under_the_other_filters(self, index: SearchIndex) -> None:
        grain: dict[str, Any] = {"title": "Wheat", "section": "Grain"}
        index.apply(
            [
                a_stored_article(**grain, published="1987-03-01", tags=["usa"], authors=["Jane"]),
                a_stored_article(**grain, published="1988-03-01", tags=["usa", "iran"], authors=["Rod"]),
                a_stored_article(title="Wheat", section="Trade", published="1987-04-01", tags=["usa"], language="fr"),
                a_stored_article(title="Corn", section="Oil", published="1989-03-01", tags=["usa"]),
            ],
            position=1,
        )
        of_1987: dict[str, Any] = {"first_day": date(1987, 1, 1), "last_day": date(1987, 12, 31)}
        results = index.search(SearchQuery(text="wheat", section="grain", tag="USA", **of_1987))
        assert results.total == 1
        assert results.facets == {
            "year": [Facet("1987", 1), Facet("1988", 1)],
            "month": [Facet("1987-03", 1)],
            "section": [Facet("Grain", 1), Facet("Trade", 1)],
            "tag": [Facet("usa", 1)],
            "author": [Facet("Jane", 1)],
            "language": [Facet("en", 1)],
        }
        facets = index.search(SearchQuery(text="wheat", author="rod", language="en", section="")).facets
        assert (facets["author"], facets["language"]) == ([Facet("Jane", 1), Facet("Rod", 1)], [Facet("en", 1)])

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
    def test_sorting_by_date_covers_all_results(self, index: SearchIndex, sort: Sort) -> None:
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

    def test_a_word_is_searched_for_where_it_is_a_stop_word_of_few_articles_only(self, index: SearchIndex) -> None:
        german = [a_stored_article(id=f"german {number}", title="Es war kalt", language="de") for number in range(2)]
        index.apply([*german, a_stored_article(id="war", title="A war")], position=1)
        index.apply([a_stored_article(id="cold", title="The cold")], position=2)
        assert _ids(index, "cold war") == ["cold"]  # half of the articles are German
        assert list(index.suggest("wa").completions) == []
        index.apply([replace(german[0], status=Status.WITHDRAWN, revision=2)], position=3)
        assert sorted(_ids(index, "cold war")) == ["cold", "german 1", "war"]
        assert [each.text for each in index.suggest("wa").completions] == ["war"]
        assert _ids(index, "the cold") == ["cold"]

    @pytest.mark.parametrize("page", [0, -1, 10**12])
    def test_any_page_number_is_answered(self, index: SearchIndex, page: int) -> None:
        index.apply([a_stored_article(title="Wheat")], position=1)
        results = index.search(SearchQuery(text="wheat", page=page, per_page=0))
        assert (results.total, len(results.hits)) == (1, 0 if page > 1 else 1)

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("whaet", "wheat"),
            ("weat", "wheat"),
            ("Whaet EXPROTS", "Wheat EXPORTS"),
            ("xports", "exports"),  # the first letter, too
            ("comodites", "commodities"),  # two slips in a long word
            ("whet wheat", "wheat wheat"),
            ('+"wheat exprots"   -corn', '+"wheat exports"   -corn'),
            ("title:whaet OR section:grian", "title:wheat OR section:grain"),
            ("(tag:ursa) AND author:dow", None),  # short words are not corrected
            ("wheat exporter", None),  # another form of a word that is there
            ("wheat -whaet", None),
            ("whaet~ exprot*", None),
            ("wheat 1978", None),
            ("+whaet +pineapple", None),  # would find nothing either
            ("zzzzzz", None),
            ("新聞", None),
            ("wheat", None),
            ("", None),
        ],
    )
    def test_a_misspelled_query_is_corrected(self, index: SearchIndex, text: str, meant: str | None) -> None:
        index.apply(
            [
                a_stored_article(
                    title="Wheat exports 1987", content_text="Commodities. 新闻", section="Grain", tags=["USA"]
                ),
                a_stored_article(title="Corn", content_text="Mangos, exported wheat.", authors=["Jane Doe"]),
            ],
            position=1,
        )
        assert index.search(SearchQuery(text=text)).suggestion == meant

    def test_results_say_what_was_searched_for(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(title="The price of wheat")], position=1)
        assert index.search(SearchQuery(text="the price of wheat")).searched == parse("price wheat").root
        assert index.search(SearchQuery(text='"the price" of')).searched == parse('"the price"').root
        assert index.search(SearchQuery()).searched is None

    def test_results_say_in_which_languages_the_query_was_analysed(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(language="fr-CA"), a_stored_article(language="de")], position=1)
        assert index.search(SearchQuery(text="maison")).languages == {"fr", "de"}

    def test_of_possible_corrections_the_frequent_one_is_chosen(self, index: SearchIndex) -> None:
        titles = ["The ports", "The ports", "The ports", "A parts list"]
        index.apply([a_stored_article(title=title) for title in titles], position=1)
        assert index.search(SearchQuery(text="pirts")).suggestion == "ports"

    def test_a_rare_word_near_a_frequent_one_is_corrected(self, index: SearchIndex) -> None:
        slip = a_stored_article(id="slip", title="Goverment")
        index.apply([slip, *(a_stored_article(title="Government") for _ in range(200))], position=1)
        results = index.search(SearchQuery(text="goverment"))
        assert (results.total, results.suggestion) == (1, "government")

    def test_words_of_withdrawn_articles_only_are_no_corrections(self, index: SearchIndex) -> None:
        article = a_stored_article(id="a", title="Wheat secret")
        index.apply([article, a_stored_article(title="Wheat")], position=1)
        assert index.search(SearchQuery(text="secert")).suggestion == "secret"
        index.apply([replace(article, status=Status.WITHDRAWN, revision=2)], position=2)
        assert index.search(SearchQuery(text="secert")).suggestion is None

    def test_a_correction_finds_something_under_the_same_filters(self, index: SearchIndex) -> None:
        index.apply(
            [a_stored_article(title="Wheat", tags=["usa"]), a_stored_article(title="Corn", tags=["iran"])], position=1
        )
        assert index.search(SearchQuery(text="whaet", tag="usa")).suggestion == "wheat"
        assert index.search(SearchQuery(text="whaet", tag="iran")).suggestion is None

    def test_an_empty_index_answers(self, index: SearchIndex) -> None:
        assert index.search(SearchQuery(text="wheat")).total == 0
        assert index.search(SearchQuery()).total == 0
        assert index.position() == 0
        assert list(index.revisions()) == []

    @pytest.mark.parametrize("text", NASTY_QUERIES, ids=range(len(NASTY_QUERIES)))
    def test_any_query_is_answered(self, index: SearchIndex, text: str) -> None:
        articles = _articles_for_nasty_queries()
        index.apply(articles, position=1)
        pages = [index.search(SearchQuery(text=text, page=page, per_page=4)) for page in (1, 2, 3)]
        found = [hit.id for page in pages for hit in page.hits]
        assert {page.total for page in pages} == {len(found)}
        assert len(set(found)) == len(found)
        assert set(found) <= {article.id for article in articles}
        newest = index.search(SearchQuery(text=text, sort=Sort.NEWEST))
        assert {hit.id for hit in newest.hits} == set(found)
        assert sum(facet.count for facet in newest.facets.get("language", ())) == len(found)
        assert index.search(SearchQuery(text=text, page=1, per_page=4)) == pages[0]

    # Suggesting -------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("text", "completions"),
        [
            ("whe", ["Wheat prices", "wheat", "wheel"]),  # the tag is carried by two, as the word is found in two
            ("WHE", ["Wheat prices", "WHEAT", "WHEEL"]),
            ("whea", ["Wheat prices", "wheat"]),
            ("prices whe", ["Wheat prices", "prices wheat", "prices wheel"]),
            ("pri", ["Wheat prices", "prices", "prizes"]),
            ("jan", ["Jane Dœ", "jane"]),
            ("doe", ["Jane Dœ"]),
            ("jane d", ["Jane Dœ"]),
            ("cafe", ["cafes"]),
            ("CAFÉ", ["CAFES"]),
            ("+title:whe", ["Wheat prices", "+title:wheat", "+title:wheel"]),
            ('"rise in pri', ['"rise in prices']),
            ("prices xyz", []),
            ("zebra", []),
            ("新", []),
            ("", []),
            ("?!", []),
            ("whe " * 100, []),
        ],
    )
    def test_a_typed_text_is_completed(self, index: SearchIndex, text: str, completions: list[str]) -> None:
        index.apply(
            [
                a_stored_article(
                    title="A rise in prices", content_text="Wheat. Cafés.", tags=["Wheat prices"], authors=["Jane Dœ"]
                ),
                a_stored_article(title="Wheat", content_text="A wheel. No prices, prizes.", tags=["Wheat prices"]),
            ],
            position=1,
        )
        assert [each.text for each in index.suggest(text).completions] == completions

    def test_completions_say_what_they_are_and_how_many_they_find(self, index: SearchIndex) -> None:
        index.apply(
            [
                a_stored_article(title="Grain", section="Whey", tags=["wheat"], content_text="Wheat, whenever."),
                a_stored_article(title="Grain", section="whey", authors=["Rod Wheeler"], content_text="Whenever."),
                a_stored_article(title="Grain", section="Whey", content_text="Whenever, wheat. Whenever."),
                a_stored_article(title="Wheat", content_text="Whenever."),
            ],
            position=1,
        )
        assert list(index.suggest("whe").completions) == [
            Suggestion("whenever", 4),
            Suggestion("Whey", 3, LabelKind.SECTION),
            Suggestion("Rod Wheeler", 1, LabelKind.AUTHOR),
            Suggestion("wheat", 1, LabelKind.TAG),
            Suggestion("wheeler", 1),
        ]

    def test_titles_that_complete_a_text_are_found_newest_first(self, index: SearchIndex) -> None:
        titles = {"a": "Wheat exports rise", "b": "Exporters of wheat", "c": "Wheat", "d": "Corn exports"}
        index.apply(
            [
                a_stored_article(id=key, title=title, content_text="export", published=f"2024-01-0{day}")
                for day, (key, title) in enumerate(titles.items(), start=1)
            ],
            position=1,
        )
        assert list(index.suggest("whe").articles) == ["c", "b", "a"]
        assert list(index.suggest("wheat expo").articles) == ["b", "a"]
        assert list(index.suggest("expo", limit=2).articles) == ["d", "b"]
        assert list(index.suggest("rises expo").articles) == ["a"]
        assert list(index.suggest("zinc").articles) == []

    def test_words_that_follow_the_typed_ones_come_before_words_near_them(self, index: SearchIndex) -> None:
        stories = ["The United States spoke. A stock rose.", "The United States. A stock.", "A stock."]
        index.apply([a_stored_article(title="-", content_text=text) for text in stories], position=1)
        assert [each.text for each in index.suggest("st").completions][:1] == ["stock"]
        assert [each.text for each in index.suggest("united st").completions][:1] == ["united states"]

    def test_nothing_is_suggested_from_withdrawn_articles(self, index: SearchIndex) -> None:
        secret = a_stored_article(id="a", title="Whistle", tags=["whisper"], content_text="whisky")
        index.apply([secret, a_stored_article(id="b", title="Whim", content_text="-")], position=1)
        assert len(index.suggest("whi").completions) == 4
        index.apply([replace(secret, status=Status.WITHDRAWN, revision=2)], position=2)
        suggested = index.suggest("whi")
        assert ([each.text for each in suggested.completions], list(suggested.articles)) == (["whim"], ["b"])

    def test_no_more_is_suggested_than_was_asked_for(self, index: SearchIndex) -> None:
        words = [f"wh{letter}t" for letter in "abcdefghijklmnop"]
        index.apply([a_stored_article(title=word, tags=[word + "s"], content_text=word) for word in words], position=1)
        suggested = index.suggest("wh")
        assert (len(suggested.completions), len(suggested.articles)) == (10, 10)
        suggested = index.suggest("wh", limit=3)
        assert (len(suggested.completions), len(suggested.articles)) == (3, 3)
        assert index.suggest("wh", limit=0) == Suggestions()

    @pytest.mark.parametrize("text", NASTY_QUERIES, ids=range(len(NASTY_QUERIES)))
    def test_anything_may_be_typed(self, index: SearchIndex, text: str) -> None:
        articles = _articles_for_nasty_queries()
        index.apply(articles, position=1)
        suggested = index.suggest(text)
        assert set(suggested.articles) <= {article.id for article in articles}
        assert all(completion.text and 0 < completion.count <= len(articles) for completion in suggested.completions)
        assert index.suggest(text) == suggested

    def test_an_empty_index_suggests_nothing(self, index: SearchIndex) -> None:
        assert index.suggest("wheat") == Suggestions()
        assert list(index.similar(a_stored_article(title="Wheat"))) == []

    # Similar articles -------------------------------------------------------------------------------

    def test_articles_about_the_same_subject_are_similar(self, index: SearchIndex) -> None:
        ferry = a_stored_article(
            id="ferry", title="The ferry sails again", content_text="The ferry of Kiel was mended."
        )
        others = {
            "harbour": "In the harbour, the ferry of Kiel had to be mended.",
            "kiel": "The ferry is late, again.",
            "corn": "The corn of the year is in the barns of the farmers.",
            "tax": "The tax of the year was raised by the parliament.",
        }
        index.apply([ferry, *(a_stored_article(id=key, content_text=text) for key, text in others.items())], position=1)
        assert [hit.id for hit in index.similar(ferry)][:2] == ["harbour", "kiel"]
        assert "corn" not in [hit.id for hit in index.similar(ferry)]
        assert [hit.id for hit in index.similar(ferry, limit=1)] == ["harbour"]
        assert list(index.similar(ferry, limit=0)) == []

    def test_an_article_that_is_not_in_the_index_is_compared(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(id="a", title="Zinc mines")], position=1)
        assert [hit.id for hit in index.similar(a_stored_article(id="b", title="The zinc mine"))] == ["a"]

    def test_of_equally_similar_articles_the_nearer_in_time_comes_first(self, index: SearchIndex) -> None:
        days = {"far": "2019-06-01", "near": "2024-06-03", "this": "2024-06-01"}
        articles = {
            key: a_stored_article(id=key, title="Zinc mines", content_text="-", published=day)
            for key, day in days.items()
        }
        index.apply(list(articles.values()), position=1)
        assert [hit.id for hit in index.similar(articles["this"])] == ["near", "far"]

    def test_only_public_articles_are_similar(self, index: SearchIndex) -> None:
        articles = [a_stored_article(id=key, title="Zinc mines") for key in "abc"]
        index.apply(articles, position=1)
        index.apply([replace(articles[1], status=Status.WITHDRAWN, revision=2)], position=2)
        assert [hit.id for hit in index.similar(articles[0])] == ["c"]
        index.apply([replace(articles[0], title="Zinc mines again", revision=2)], position=3)
        assert [hit.id for hit in index.similar(articles[0])] == ["c"]

    def test_articles_are_similar_in_every_script(self, index: SearchIndex) -> None:
        titles = {"a": "東京の天気予報", "b": "明日の天気予報", "c": "株価が上がる"}
        articles = [
            a_stored_article(id=key, title=title, content_text=title, language="ja") for key, title in titles.items()
        ]
        index.apply(articles, position=1)
        assert [hit.id for hit in index.similar(articles[0])] == ["b"]

    @pytest.mark.parametrize("text", ["", "1 2 3", "a", "!?", "x" * 5000, "\x00", "zinc " * 30_000])
    def test_any_article_may_be_compared(self, index: SearchIndex, text: str) -> None:
        article = a_stored_article(id="a", title="-", content_text=f"{text} -")
        index.apply([article, a_stored_article(id="b", title="-", content_text=f"{text} -")], position=1)
        assert {hit.id for hit in index.similar(article)} <= {"b"}

    # Applying ---------------------------------------------------------------------------------------

    def test_an_edit_replaces_the_earlier_text(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(id="a", title="Wheat")], position=1)
        index.apply([a_stored_article(id="a", title="Corn", revision=2)], position=2)
        assert (_ids(index, "wheat"), _ids(index, "corn")) == ([], ["a"])
        assert list(index.revisions()) == [("a", 2)]

    @pytest.mark.parametrize("status", ["draft", "withdrawn"])
    def test_an_article_that_is_not_published_is_not_found(self, index: SearchIndex, status: str) -> None:
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

    def test_clearing_starts_an_empty_index(self, index: SearchIndex) -> None:
        article = a_stored_article(id="a", title="Wheat", revision=2)
        index.apply([article], position=9)
        index.clear()
        assert (index.position(), _ids(index, "wheat")) == (0, [])
        index.apply([replace(article, revision=1)], position=1)
        assert _ids(index, "wheat") == ["a"]

    def test_while_a_new_index_is_built_the_old_one_answers(self, index: SearchIndex) -> None:
        articles = [a_stored_article(id=f"{number}", title="Wheat") for number in range(4)]
        index.apply(articles, position=9)
        index.clear(until=7)
        assert (index.position(), index.awaited(), _ids(index, "wheat")) == (0, 7, ["0", "1", "2", "3"])
        index.apply([replace(articles[0], title="Corn")], position=5)
        index.tidy()
        assert (index.position(), index.awaited(), _ids(index, "wheat corn")) == (5, 7, ["0", "1", "2", "3"])
        index.apply(articles[1:3], position=8)
        assert (index.position(), index.awaited()) == (8, 0)
        assert (_ids(index, "wheat"), _ids(index, "corn")) == (["1", "2"], ["0"])

    def test_a_rebuild_continues_where_it_was_interrupted(self, index: SearchIndex) -> None:
        index.apply([a_stored_article(id="old", title="Wheat")], position=9)
        index.clear(until=2)
        index.apply([a_stored_article(id="a", title="Wheat")], position=1)
        index.close()
        assert (index.position(), _ids(index, "wheat")) == (1, ["old"])
        index.apply([a_stored_article(id="b", title="Wheat")], position=2)
        assert _ids(index, "wheat") == ["a", "b"]

    def test_a_rebuild_can_be_started_again(self, index: SearchIndex) -> None:
        index.clear(until=2)
        index.apply([a_stored_article(id="a", title="Wheat")], position=1)
        index.clear(until=1)
        assert (index.position(), index.awaited()) == (0, 1)
        index.apply([a_stored_article(id="b", title="Wheat")], position=1)
        assert _ids(index, "wheat") == ["b"]
        index.clear(until=2)
        index.clear()
        assert (index.position(), index.awaited(), _ids(index, "wheat")) == (0, 0, [])

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


def _articles_for_nasty_queries() -> list[Article]:
    """Articles with many of the words of the nasty queries."""
    texts = {
        "bank": "The bank of the oil trade said",
        "oil": "Oil, oil and oil; a bank-to-bank trade",
        "x": f"x y {'x' * 60} w1 w2 w3 a b c internationalization banks",
        "chinese": "中文新闻搜索 中",
        "istanbul": "İSTANBUL ß ½ १२३ ﬀ",
        "not": "To be or not to be",
        "nothing": "",
    }
    return [
        a_stored_article(id=key, title=text or "…", content_text=text or "…", tags=[key], language=language)
        for (key, text), language in zip(texts.items(), ("en", "en", "de", "zh", "tr", "en", "en"), strict=True)
    ]


def _ids(index: SearchIndex, text: str, **options: Any) -> list[str]:
    return [hit.id for hit in index.search(SearchQuery(text=text, **options)).hits]


def _published(article: Article) -> float:
    assert article.published is not None
    return article.published.timestamp()
