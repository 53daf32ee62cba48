"""More like this: the similar articles on an article's page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.article import Article
from archive.errors import IndexUnavailable
from archive.search.index import Hit
from archive.store.archive import Archive
from service.web.site.related import IDS_LIFETIME, LINKS_LIFETIME
from tests.support.harness import Harness, open_site


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_site(archive, tmp_path) as opened:
        yield opened


@pytest.fixture
def ferries(site: Harness) -> list[Article]:
    site.publish(title="A quiet week", content_text="Nothing happened.")
    texts = {"The ferry sails": "From Kiel.", "The ferry is late": "To Kiel.", "The ferry is mended": "In Kiel."}
    return [
        site.publish(title=title, content_text=text, published=f"2024-05-0{day}T12:00:00Z")
        for day, (title, text) in enumerate(texts.items(), start=1)
    ]


def related(site: Harness, article: Article) -> list[str]:
    return site.page(article.path or "").texts(".related li")


def test_an_article_leads_to_those_like_it(site: Harness, ferries: list[Article]) -> None:
    page = site.page(ferries[0].path or "")
    assert page.text(".related h2") == "More like this"
    assert sorted(page.texts(".related li")) == ["The ferry is late 2 May 2024", "The ferry is mended 3 May 2024"]
    assert set(page.values(".related a", "href")) == {ferries[1].path, ferries[2].path}


def test_an_article_unlike_all_others_leads_nowhere(site: Harness, ferries: list[Article]) -> None:
    alone = site.publish(title="Zinc", content_text="Mines.")
    assert site.page(alone.path or "").texts(".related") == []


def test_what_was_found_lasts_for_a_while(site: Harness, ferries: list[Article]) -> None:
    assert len(related(site, ferries[0])) == 2
    site.publish(title="The ferry sinks", content_text="Off Kiel.", published="2024-05-04")
    assert len(related(site, ferries[0])) == 2
    site.now += IDS_LIFETIME
    assert len(related(site, ferries[0])) == 3


def test_what_was_withdrawn_or_renamed_is_seen_to_soon(site: Harness, ferries: list[Article]) -> None:
    assert len(related(site, ferries[0])) == 2
    site.withdraw(ferries[1])
    site.revise(ferries[2], title="The ferry was mended")
    site.now += LINKS_LIFETIME
    assert related(site, ferries[0]) == ["The ferry was mended 3 May 2024"]


def test_an_edited_article_is_looked_at_anew(site: Harness, ferries: list[Article]) -> None:
    site.publish(title="Zinc", content_text="Mines.")
    assert len(related(site, ferries[0])) == 2
    revised = site.revise(ferries[0], title="Zinc", content_text="Mines.")
    assert related(site, revised)[0].startswith("Zinc")


def test_without_an_index_the_page_is_whole_and_asks_only_now_and_then(
    site: Harness, ferries: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unavailable(article: Article, *, limit: int) -> list[Hit]:
        asked.append(article.id)
        raise IndexUnavailable("there is no usable index")

    monkeypatch.setattr(site.index, "similar", unavailable)
    for article in (ferries[0], ferries[1], ferries[0]):
        page = site.page(article.path or "")
        assert page.text("h1") == article.title
        assert page.texts(".related") == []
    assert asked == [ferries[0].id]
    site.now += LINKS_LIFETIME + timedelta(seconds=1)
    related(site, ferries[0])
    assert len(asked) == 2
    monkeypatch.undo()
    site.now += LINKS_LIFETIME
    assert len(related(site, ferries[0])) == 2


def test_an_article_that_is_read_again_is_not_searched_for_again(
    site: Harness, ferries: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = related(site, ferries[0])
    monkeypatch.setattr(site.index, "similar", None)  # a call now fails
    site.now += LINKS_LIFETIME
    assert related(site, ferries[0]) == before
