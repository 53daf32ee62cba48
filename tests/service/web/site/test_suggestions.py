"""Suggestions while typing, as browsers request them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.errors import IndexUnavailable
from archive.search.index import Suggestions
from archive.store.archive import Archive
from service.web.site.suggestions import continues
from tests.support.harness import Harness, open_site


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_site(archive, tmp_path) as opened:
        yield opened


def suggested(site: Harness, typed: str) -> list[tuple[str, str, str]]:
    response = site.get("/search/suggest", query_string={"q": typed})
    assert (response.status_code, response.mimetype) == (200, "application/x-suggestions+json")
    said, texts, descriptions, addresses = response.get_json(force=True)
    assert said == typed
    return list(zip(texts, descriptions, addresses, strict=True))


def test_words_labels_and_titles_are_suggested_with_where_they_lead(site: Harness) -> None:
    for day in (1, 2):
        site.publish(
            title=f"Wheat export {day}",
            content_text="Wheels of trade. Wheels.",
            tags=["Wheat"],
            authors=["Ed Wheeler"],
            published=f"2024-05-0{day}T12:00:00Z",
        )
    assert suggested(site, "Whe") == [
        ("Ed Wheeler", "Author, 2 articles", "https://news.example.org/authors/ed-wheeler/"),
        ("Wheat", "Tag, 2 articles", "https://news.example.org/tags/wheat/"),
        ("Wheeler", "2 articles", "https://news.example.org/search?q=Wheeler"),
        ("Wheels", "2 articles", "https://news.example.org/search?q=Wheels"),
        ("Wheat export 2", "2 May 2024", "https://news.example.org/2024/05/02/wheat-export-2"),
        ("Wheat export 1", "1 May 2024", "https://news.example.org/2024/05/01/wheat-export-1"),
    ]
    assert suggested(site, "trade whe")[0] == (
        "trade wheels",
        "2 articles",
        "https://news.example.org/search?q=trade+wheels",
    )


def test_what_is_suggested_leads_somewhere(site: Harness) -> None:
    site.publish(title="Wheat? 100 %", tags=["wheat & rye", "wheat/oats"], section="Wheat", content_text="Wheats.")
    site.publish(title="Corn", tags=["whey/."], content_text="-")
    for _, _, address in suggested(site, "whe"):
        assert site.get(address.removeprefix("https://news.example.org")).status_code == 200


def test_titles_are_suggested_where_a_word_begins_as_it_was_typed(site: Harness) -> None:
    site.publish(title="Exporting", content_text="-")
    site.publish(title="Exports", content_text="-")
    assert [text for text, _, _ in suggested(site, "exporti")] == ["exporting", "Exporting"]
    assert continues("The Café", "ca")
    assert not continues("Exports", "exporti")
    assert not continues("Exports", "")


def test_no_more_than_ten_are_suggested_and_titles_have_a_place(site: Harness) -> None:
    for number in range(12):
        letter = "abcdefghijkl"[number]
        site.publish(title=f"Wheat {letter}", tags=[f"whe{letter}"], content_text=f"wh{letter}x")
    lines = suggested(site, "wh")
    assert len(lines) == 10
    assert len([text for text, description, _ in lines if text.startswith("Wheat ")]) == 4


@pytest.mark.parametrize("typed", ["", " ", "?", '"', "\x00", "\ud800", "a" * 5000, "<b>", "搜索"])
def test_anything_may_be_typed(site: Harness, typed: str) -> None:
    site.publish(title="Wheat")
    response = site.get("/search/suggest", query_string={"q": typed.encode("utf-8", "replace")})
    assert response.status_code == 200
    assert response.get_json(force=True)[1:] == [[], [], []]
    assert site.get("/search/suggest").get_json(force=True) == ["", [], [], []]


def test_readers_who_type_on_need_not_ask_again(site: Harness) -> None:
    assert site.get("/search/suggest?q=a").headers["Cache-Control"] == "public, max-age=60"


def test_a_withdrawn_article_is_not_suggested_even_before_the_index_knows(site: Harness) -> None:
    article = site.publish(title="Wheat secret", content_text="-")
    site.dateline.publisher.withdraw(article.id, expected_revision=None, by="test")
    assert "Wheat secret" not in [text for text, _, _ in suggested(site, "whe")]


def test_programs_are_told_when_there_is_no_index(site: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(text: str, *, limit: int) -> Suggestions:
        raise IndexUnavailable("there is no usable index")

    monkeypatch.setattr(site.index, "suggest", unavailable)
    answer = site.get("/search/suggest?q=whe")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert "Retry-After" in answer.headers
