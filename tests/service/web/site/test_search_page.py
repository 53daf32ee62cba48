"""Search: the page and the JSON API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import IndexUnavailable
from archive.search.index import Results, SearchQuery
from archive.store.archive import Archive
from tests.support.harness import Harness, open_site


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_site(archive, tmp_path) as opened:
        yield opened


@pytest.fixture
def stocked(site: Harness) -> Harness:
    for year, section in ((2023, "grain"), (2024, "grain"), (2025, "trade")):
        site.publish(
            title=f"Wheat exports in {year}",
            content_text="Farmers sold more wheat than ever before. The harbour was busy.",
            published=f"{year}-06-01T10:00:00Z",
            section=section,
            tags=["wheat", f"y{year}"],
            authors=["Ana Costa"],
        )
    site.publish(title="A quiet week", content_text="Nothing happened.", published="2025-01-01T10:00:00Z")
    return site


class TestTheSearchPage:
    def test_finds_and_marks_what_was_looked_for(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=wheat+harbour")
        assert sorted(page.titles) == [f"Wheat exports in {year}" for year in (2023, 2024, 2025)]
        assert {text.lower() for text in page.texts(".abstract mark")} == {"wheat", "harbour"}
        assert page.text(".summary") == "3 articles for “wheat harbour”"
        assert page.value("#q", "value") == "wheat harbour"

    def test_marks_no_word_that_was_left_out(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=the+harbour")
        assert {text.lower() for text in page.texts(".abstract mark")} == {"harbour"}

    def test_marks_words_by_the_rules_of_the_articles_language(self, stocked: Harness) -> None:
        stocked.publish(title="Nos maisons préférées", content_text="Celles du port.", language="fr")
        [title] = stocked.page("/search?q=préféré").root.cssselect(".result h2")
        assert [mark.text_content() for mark in title.cssselect("mark")] == ["préférées"]

    def test_is_not_for_search_engines(self, stocked: Harness) -> None:
        assert stocked.page("/search?q=wheat").value("meta[name=robots]", "content") == "noindex, follow"

    def test_narrows_by_following_a_facet_and_widens_by_taking_it_off(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=wheat")
        facets = dict(zip(page.texts(".side li"), page.values(".side li a", "href"), strict=True))
        assert facets["grain 2"] == "/search?q=wheat&section=grain"
        assert facets["2025 1"] == "/search?q=wheat&from=2025&to=2025"
        narrowed = stocked.page(facets["grain 2"])
        assert sorted(narrowed.titles) == ["Wheat exports in 2023", "Wheat exports in 2024"]
        assert narrowed.texts(".chips li") == ["Section: grain ×"]
        others = dict(zip(narrowed.texts(".side li"), narrowed.values(".side li a", "href"), strict=True))
        assert others["trade 1"] == "/search?q=wheat&section=trade"
        assert "grain 2" not in others
        assert narrowed.values(".chips a", "href") == ["/search?q=wheat"]
        assert narrowed.value("form.search-form input[name=section]", "value") == "grain"
        assert stocked.page(facets["2025 1"]).titles == ["Wheat exports in 2025"]

    def test_offers_the_months_of_a_year_in_their_order(self, stocked: Harness) -> None:
        for day in ("2025-01-20", "2025-11-02", "2025-11-03"):
            stocked.publish(title="Wheat", published=day)
        page = stocked.page("/search?q=wheat&from=2025&to=2025&section=&sort=newest")
        assert page.texts(".side h2")[0] == "Months of 2025"
        assert page.texts(".side section:first-child li") == ["January 2025 1", "June 2025 1", "November 2025 2"]
        assert page.texts(".side h2")[1] == "Other years"
        assert page.texts(".side section:nth-child(2) li") == ["2023 1", "2024 1"]
        november = page.values(".side a", "href")[2]
        assert november == "/search?q=wheat&from=2025-11&to=2025-11&sort=newest"
        narrowed = stocked.page(november)
        assert narrowed.titles == ["Wheat", "Wheat"]
        assert not {"Year", "Months of 2025-11"} & set(narrowed.texts(".side h2"))
        assert not {"Year", "Months of 2024"} & set(stocked.page("/search?q=wheat&from=2024").texts(".side h2"))

    def test_offers_languages_where_there_are_several(self, stocked: Harness) -> None:
        assert "Language" not in stocked.page("/search?q=wheat").texts(".side h2")
        stocked.publish(title="Wheat, le blé", language="fr-CA")
        page = stocked.page("/search?q=wheat&per_page=5")
        facets = dict(zip(page.texts(".side li"), page.values(".side li a", "href"), strict=True))
        assert facets["French (fr-ca) 1"] == "/search?q=wheat&per_page=5&language=fr-ca"
        narrowed = stocked.page("/search?q=wheat&language=FR-ca")
        assert narrowed.titles == ["Wheat, le blé"]
        assert narrowed.texts(".chips li") == ["Language: French (FR-ca) ×"]
        assert narrowed.value("form.search-form input[name=language]", "value") == "FR-ca"
        feeds = narrowed.values("link[rel=alternate]", "href")
        assert feeds
        assert all("language=FR-ca" in feed for feed in feeds)
        assert stocked.get("/api/search?language=en").get_json()["total"] == 4
        assert stocked.get("/api/search?language=fr").get_json()["total"] == 0

    def test_browses_newest_first_without_words(self, stocked: Harness) -> None:
        page = stocked.page("/search?section=grain")
        assert page.titles == ["Wheat exports in 2024", "Wheat exports in 2023"]
        assert page.text(".summary") == "2 articles"

    def test_sorts_as_asked_and_says_so_in_the_form(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=wheat&sort=oldest")
        assert page.titles == [f"Wheat exports in {year}" for year in (2023, 2024, 2025)]
        assert page.value("option[selected]", "value") == "oldest"

    def test_leads_through_its_pages_and_keeps_the_filters(self, stocked: Harness) -> None:
        first = stocked.page("/search?q=wheat&sort=newest&per_page=2")
        assert first.text(".pager .place") == "Page 1 of 2"
        [following] = first.values('.pager a[rel="next"]', "href")
        assert following == "/search?q=wheat&sort=newest&per_page=2&page=2"
        second = stocked.page(following)
        assert second.titles == ["Wheat exports in 2023"]
        assert second.values('.pager a[rel="prev"]', "href") == ["/search?q=wheat&sort=newest&per_page=2"]

    def test_a_page_beyond_the_last_says_so_and_leads_back(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=wheat&page=7", status=404)
        assert page.text(".summary") == "3 articles for “wheat”. There is no page 7; the last one is 1."
        assert page.values('.pager a[rel="prev"]', "href") == ["/search?q=wheat"]

    def test_helps_where_nothing_was_found(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=zebra&section=grain&tag=wheat")
        assert page.text(".summary") == "No articles found for “zebra”."
        assert page.values(".help a", "href") == [
            "/search?q=zebra&tag=wheat",
            "/search?q=zebra&section=grain",
            "/search?q=zebra",
        ]

    def test_asks_whether_another_spelling_was_meant_and_keeps_the_filters(self, stocked: Harness) -> None:
        page = stocked.page("/search?q=%22wheat+exprots%22&section=grain&sort=newest")
        assert page.text(".suggestion") == 'Did you mean "wheat exports"?'
        [href] = page.values(".suggestion a", "href")
        assert href == "/search?q=%22wheat+exports%22&section=grain&sort=newest"
        assert stocked.page(href).titles == ["Wheat exports in 2024", "Wheat exports in 2023"]
        assert stocked.get("/api/search?q=whaet").get_json()["suggestion"] == "wheat"

    @pytest.mark.parametrize(
        ("parameters", "field", "words"),
        [
            ("from=yesterday", "from", "is not a date"),
            ("from=2023-02-30", "from", "2023-12-14"),
            ("to=0000", "to", "is not a date"),
            ("from=2024&to=2023", "to", "is before"),
            ("sort=random", "sort", "relevance, newest, oldest"),
            ("page=0", "page", "from 1 to"),
            ("page=-1", "page", "from 1 to"),
            ("page=1e9", "page", "from 1 to"),
            ("page=99999999999999999999", "page", "from 1 to"),
            ("per_page=101", "per_page", "from 1 to 100"),
            ("per_page=٣", "per_page", "from 1 to 100"),
            (f"tag={'x' * 201}", "tag", "200 characters"),
        ],
    )
    def test_a_wrong_parameter_is_named_and_the_form_kept(
        self, stocked: Harness, parameters: str, field: str, words: str
    ) -> None:
        page = stocked.page(f"/search?q=wheat&{parameters}", status=400)
        assert page.text(".problems code") == field
        assert words in page.text(".problems li")
        assert page.value("#q", "value") == "wheat"
        problem = stocked.get(f"/api/search?q=wheat&{parameters}")
        assert (problem.status_code, problem.mimetype) == (400, "application/problem+json")
        assert [error["field"] for error in problem.get_json()["errors"]] == [field]

    @pytest.mark.parametrize(
        "typed",
        [
            '"',
            "(((",
            "AND OR NOT",
            "*",
            "-",
            "title:",
            "%00",
            "%ff%fe",
            "a" * 5000,
            "\u202e",
            "🎉",
            "<mark>",
            "~~~",
            "[a TO",
        ],
    )
    def test_whatever_is_typed_is_a_search(self, stocked: Harness, typed: str) -> None:
        stocked.page(f"/search?q={typed}")
        assert stocked.get(f"/api/search?q={typed}").status_code == 200

    def test_words_in_the_text_that_look_like_markup_stay_text(self, site: Harness) -> None:
        site.publish(title="<b>Bold</b> wheat", content_html="<p>&lt;script&gt;wheat&lt;/script&gt; &amp; more</p>")
        page = site.page("/search?q=wheat")
        assert page.text(".result h2") == "<b>Bold</b> wheat"
        assert not page.root.xpath("//main//script | //main//b")

    def test_articles_that_were_withdrawn_a_moment_ago_are_left_out(self, stocked: Harness) -> None:
        article = stocked.publish(title="Wheat secret", content_text="Wheat.")
        stocked.dateline.publisher.withdraw(
            article.id, expected_revision=None, by="test"
        )  # the index does not know yet
        assert "secret" not in stocked.page("/search?q=wheat").source
        assert "secret" not in stocked.get("/api/search?q=wheat").text

    def test_is_unavailable_for_a_while_when_there_is_no_index(
        self, stocked: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unavailable(query: SearchQuery) -> Results:
            raise IndexUnavailable("there is no usable index")

        monkeypatch.setattr(stocked.index, "search", unavailable)
        page = stocked.get("/search?q=wheat")
        assert (page.status_code, page.mimetype, page.headers["Retry-After"]) == (503, "text/html", "10")
        answer = stocked.get("/api/search?q=wheat")
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert "Retry-After" in answer.headers
        assert stocked.get("/").status_code == 200


class TestTheSearchForPrograms:
    def test_answers_as_documented(self, stocked: Harness) -> None:
        answer: dict[str, Any] = stocked.get("/api/search?q=wheat&section=trade").get_json()
        took, [result] = answer.pop("took_ms"), answer.pop("results")
        assert isinstance(took, float)
        assert answer == {
            "query": "wheat",
            "total": 1,
            "page": 1,
            "pages": 1,
            "per_page": 10,
            "suggestion": None,
            "notes": [],
            "facets": {
                "year": [{"value": "2025", "count": 1}],
                "month": [{"value": "2025-06", "count": 1}],
                "section": [{"value": "grain", "count": 2}, {"value": "trade", "count": 1}],
                "tag": answer["facets"]["tag"],
                "author": [{"value": "Ana Costa", "count": 1}],
                "language": [{"value": "en", "count": 1}],
            },
        }
        assert {facet["value"]: facet["count"] for facet in answer["facets"]["tag"]} == {"wheat": 1, "y2025": 1}
        assert result.pop("score") > 0
        assert "<mark>wheat</mark>" in result.pop("snippet_html")
        article = stocked.dateline.archive.articles.get(result.pop("id"))
        assert result == {
            "url": f"https://news.example.org{article.path}",
            "title": "Wheat exports in 2025",
            "published": "2025-06-01T10:00:00Z",
            "authors": ["Ana Costa"],
            "section": "trade",
            "tags": ["wheat", "y2025"],
            "language": "en",
        }

    def test_a_page_beyond_the_last_is_empty(self, stocked: Harness) -> None:
        answer = stocked.get("/api/search?q=wheat&page=9").get_json()
        assert (answer["total"], answer["results"]) == (3, [])

    def test_dates_count_whole_periods(self, stocked: Harness) -> None:
        def total(parameters: str) -> int:
            return int(stocked.get(f"/api/search?{parameters}").get_json()["total"])

        assert total("from=2024&to=2025-05") == 2
        assert total("from=2024-06-01&to=2024-06-01") == 1
        assert total("q=wheat&from=2025-06-02") == 0
        assert total("q=wheat&from=&to=&sort=&page=") == 3

    def test_several_problems_are_told_at_once(self, stocked: Harness) -> None:
        problem = stocked.get("/api/search?from=x&page=y&sort=z").get_json()
        assert [error["field"] for error in problem["errors"]] == ["from", "sort", "page"]

    def test_the_marks_are_the_only_markup_in_a_snippet(self, site: Harness) -> None:
        site.publish(title="T", content_html="<p>&lt;i&gt;wheat&lt;/i&gt; &amp; rye</p>")
        [result] = site.get("/api/search?q=wheat").get_json()["results"]
        assert re.sub(r"</?mark>", "", result["snippet_html"]) == "&lt;i&gt;wheat&lt;/i&gt; &amp; rye"
