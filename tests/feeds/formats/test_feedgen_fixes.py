"""The repairs of feedgen."""

from __future__ import annotations

import locale
from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree

from archive.timestamps import EARLIEST, LATEST
from feeds.formats.feedgen_fixes import FeedgenEntry, fragment, rfc822
from feeds.formats.writer import assemble
from tests.feeds.reading import bodies
from tests.support.builders import an_article


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2023, 12, 14, 9, 30, 0, 999999, tzinfo=UTC), "Thu, 14 Dec 2023 09:30:00 GMT"),
        (datetime(2023, 12, 14, 9, 30, tzinfo=timezone(timedelta(hours=-5))), "Thu, 14 Dec 2023 14:30:00 GMT"),
        (EARLIEST, "02 Jan 0001 00:00:00 GMT"),
        (datetime(100, 1, 1, tzinfo=UTC), "Fri, 01 Jan 0100 00:00:00 GMT"),
        (LATEST, "Thu, 30 Dec 9999 23:59:59 GMT"),
    ],
)
def test_dates_rfc822(instant: datetime, text: str) -> None:
    assert rfc822(instant) == text


def test_no_feed_touches_the_locale_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("setlocale was called")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert bodies([an_article()])


def test_an_entry_link_keeps_all_its_attributes() -> None:
    entry = FeedgenEntry()
    entry.id("urn:x")
    entry.title("T")
    entry.link(href="/a", rel="alternate", hreflang="fr")
    entry.link(href="/b", rel="enclosure", type="audio/mpeg", length="12", title="B")
    assert [dict(link.attrib) for link in entry.atom_entry().findall("link")] == [
        {"href": "/a", "rel": "alternate", "hreflang": "fr"},
        {"href": "/b", "rel": "enclosure", "type": "audio/mpeg", "length": "12", "title": "B"},
    ]


def test_a_fragment_leaves_namespaces_to_the_document() -> None:
    element = etree.Element("item")
    etree.SubElement(element, "{urn:a}x").text = 'xmlns:a="urn:a"'
    assert fragment(element, {"b": "urn:b", "a": "urn:a"}) == b'<item><a:x>xmlns:a="urn:a"</a:x></item>'


def test_only_a_document_that_ends_as_expected_takes_entries() -> None:
    assert assemble(b"<a></a>", b"</a>", [b"1", b"2"]) == b"<a>12</a>"
    with pytest.raises(ValueError, match="does not end"):
        assemble(b"<a/>", b"</a>", [])
