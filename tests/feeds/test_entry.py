"""An article's fields in a feed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from archive.article import Enclosure
from feeds.entry import MAX_CONTENT_BYTES, FeedEntry, entry_of, xml_safe
from tests.feeds.reading import IDENTITY
from tests.support.builders import SITE, an_article


def an_item(**fields: Any) -> FeedEntry:
    return entry_of(an_article(**fields), site=SITE, identity=IDENTITY)


def test_a_draft_has_no_place_in_a_feed() -> None:
    with pytest.raises(ValueError, match="no publication date"):
        an_item(status="draft")


def test_content_beyond_the_limit_is_replaced_by_the_summary() -> None:
    whole, long = "x" * (MAX_CONTENT_BYTES - len("<p></p>")), "é" * (MAX_CONTENT_BYTES // 2)
    assert an_item(content_html=f"<p>{whole}</p>").content == f"<p>{whole}</p>"
    item = an_item(content_html=f"<p>{long}</p>", summary="Long.")
    assert (item.content, item.abstract) == (None, "Long.")


def test_an_article_without_text_has_its_title_as_abstract() -> None:
    item = an_item(title="Low tide", content_html="")
    assert (item.content, item.summary, item.abstract) == (None, None, "Low tide")


def test_a_guid_that_is_not_a_uri_becomes_one_for_atom_only() -> None:
    odd = replace(an_article(), guid="story 17 <new>")
    item = entry_of(odd, site=SITE, identity=IDENTITY)
    assert (item.guid, item.iri) == ("story 17 <new>", f"{IDENTITY}/guid/story%2017%20%3Cnew%3E")


def test_a_guid_that_is_a_uri_stays_as_it_is() -> None:
    assert an_item(guid="https://old.example/?p=12").iri == "https://old.example/?p=12"


def test_an_entry_has_a_language_only_if_it_is_not_the_sites() -> None:
    assert an_item().language is None
    assert an_item(language="en").language is None
    assert an_item(language="pt-BR").language == "pt-BR"


def test_enclosures_with_an_unusable_address_or_type() -> None:
    article = replace(
        an_article(), enclosures=(Enclosure("http://[broken/", "audio/mpeg"), Enclosure("/a.bin", "binary", -1))
    )
    assert entry_of(article, site=SITE, identity=IDENTITY).enclosures == (
        Enclosure("https://news.example.org/a.bin", "application/octet-stream", 0),
    )


def test_forbidden_characters_in_one_article_do_not_break_the_feed() -> None:
    assert xml_safe("a\0b\x0bc\ufffed\ud83de") == "ab\ncd?e"
    poisoned = replace(an_article(), title="\0", summary="\ufffe", content_html="<p>a\x01<i>b</i></p>")
    item = entry_of(poisoned, site=SITE, identity=IDENTITY)
    assert (item.title, item.summary, item.abstract, item.content) == ("Untitled", None, "ab", "<p>a<i>b</i></p>")


def test_discouraged_characters_are_removed() -> None:
    assert xml_safe("a\x85b\x90c\ufdd0d\U0001fffee\ufffdf") == "a\nbcde\ufffdf"


@pytest.mark.parametrize(
    ("guid", "is_uri"),
    [
        ("tag:example.org,2023:%C3%A4", True),
        ("tag:example.org,2023:ä", False),
        ("https://[2001:db8::1]/a?b#c", True),
        ("https://example.org/ä?b#c", False),
        ("https://example.org/100%", False),
        ("urn:uuid:6f1c9a4e-1d1f-4e0e-9c6b-000000000000", True),
        ("urn:example:a/b?=c#d", True),
        ("urn:uuid:6f1c9a4e", False),
        ("urn:example:ä", False),
        ("urn:nothing", False),
        ("https://example.org/<x>", False),
        ("17", False),
    ],
)
def test_a_guid_that_is_a_uri_is_the_atom_id_rfc4287_4_2_6(guid: str, is_uri: bool) -> None:
    item = entry_of(replace(an_article(), guid=guid), site=SITE, identity=IDENTITY)
    assert (item.iri == guid) is is_uri
