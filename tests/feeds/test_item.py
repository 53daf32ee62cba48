"""What every format says of an article."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.article import Enclosure
from feeds.item import CONTENT_LIMIT, carriable, item_of, language_tag
from tests.builders import SITE, an_article
from tests.feeds.reading import IDENTITY


def an_item(**fields):
    return item_of(an_article(**fields), site=SITE, identity=IDENTITY)


def test_a_draft_has_no_place_in_a_feed():
    with pytest.raises(ValueError, match="no date"):
        an_item(status="draft")


def test_content_is_whole_up_to_the_limit_and_then_gives_way_to_the_summary():
    whole, long = "x" * (CONTENT_LIMIT - len("<p></p>")), "é" * (CONTENT_LIMIT // 2)
    assert an_item(content_html=f"<p>{whole}</p>").content == f"<p>{whole}</p>"
    item = an_item(content_html=f"<p>{long}</p>", summary="Long.")
    assert (item.content, item.abstract) == (None, "Long.")


def test_an_article_without_words_is_abstracted_by_its_title():
    item = an_item(title="Low tide", content_html="")
    assert (item.content, item.summary, item.abstract) == (None, None, "Low tide")


def test_a_guid_that_is_no_uri_becomes_one_for_atom_only():
    odd = replace(an_article(), guid="story 17 <new>")
    item = item_of(odd, site=SITE, identity=IDENTITY)
    assert (item.guid, item.iri) == ("story 17 <new>", f"{IDENTITY}/guid/story%2017%20%3Cnew%3E")


def test_a_guid_that_is_a_uri_stays_as_it_is():
    assert an_item(guid="https://old.example/?p=12").iri == "https://old.example/?p=12"


def test_only_another_language_than_the_sites_is_said():
    assert an_item().language is None
    assert an_item(language="en").language is None
    assert an_item(language="pt-BR").language == "pt-BR"


def test_files_whose_address_or_type_nobody_can_use():
    article = replace(
        an_article(), enclosures=(Enclosure("http://[broken/", "audio/mpeg"), Enclosure("/a.bin", "binary", -1))
    )
    assert item_of(article, site=SITE, identity=IDENTITY).enclosures == (
        Enclosure("https://news.example.org/a.bin", "application/octet-stream", 0),
    )


def test_one_poisoned_article_does_not_take_the_feed_down():
    assert carriable("a\0b\x0bc\ufffed\ud83de") == "ab\ncd?e"
    poisoned = replace(an_article(), title="\0", summary="\ufffe", content_html="<p>a\x01<i>b</i></p>")
    item = item_of(poisoned, site=SITE, identity=IDENTITY)
    assert (item.title, item.summary, item.abstract, item.content) == ("Untitled", None, "ab", "<p>a<i>b</i></p>")


@pytest.mark.parametrize(
    "tag", ["en", "en-GB", "zh-Hant-TW", "sl-rozaj-biske", "de-CH-1996", "es-419", "en-x-news", "x-own"]
)
def test_language_tags_bcp47(tag: str):
    assert language_tag(tag) == tag


@pytest.mark.parametrize(
    "tag", ["", "e", "english language", "en-", "-en", "en--GB", "ën", "abcdefghi", "en-x", "en-a"]
)
def test_what_is_no_language_tag(tag: str):
    assert language_tag(tag) is None


def test_an_underscore_is_meant_as_a_hyphen():
    assert language_tag("en_US") == "en-US"
