"""Atom 1.0."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lxml import etree

from archive.lifecycle import revise
from archive.site import Site
from archive.store.listings import Tombstone
from archive.validation import parse_draft
from feeds.entry import MAX_CONTENT_BYTES
from feeds.format import ATOM
from feeds.formats.feedgen_fixes import ABOUT_TITLE
from tests.feeds.reading import (
    IDENTITY,
    NAMESPACES,
    SCHEMAS,
    a_full_site,
    an_atom_feed,
    attributes,
    bodies,
    document,
    texts,
)
from tests.support.builders import NOON, SITE, an_article

SCHEMA = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))


def test_the_schema_finds_an_error() -> None:
    feed = an_atom_feed(an_article())
    feed.remove(feed.find("{*}id"))
    assert not SCHEMA.validate(feed)


def test_an_entry_names_its_authors_or_else_the_site_rfc4287_4_1_1() -> None:
    feed = an_atom_feed(
        an_article(
            authors=[
                {"name": "Ann", "uri": "https://ann.example/ä", "email": "ann@example.org"},
                "Bob",
                {"name": "Cy", "role": "contributor", "uri": "https://cy.example/"},
            ]
        ),
        an_article(),
    )
    assert texts(feed, "atom:entry/atom:contributor/atom:name") == ["Cy"]
    assert texts(feed, "atom:entry/atom:contributor/atom:uri") == ["https://cy.example/"]
    assert texts(feed, "atom:author/atom:name") == ["Example News"]
    assert texts(feed, "atom:entry/atom:author/atom:name") == ["Ann", "Bob"]
    assert texts(feed, "atom:entry/atom:author/atom:uri") == ["https://ann.example/%C3%A4"]
    assert texts(feed, "atom:entry/atom:author/atom:email") == ["ann@example.org"]


def test_links_of_feed_and_entry() -> None:
    article = an_article(
        slug="tides",
        canonical_url="https://first.example/tides",
        enclosures=[
            {"url": "https://news.example.org/a.mp3", "type": "audio/mpeg", "length": 123, "title": "Sound"},
            {"url": "https://news.example.org/b.pdf", "type": "application/pdf"},
        ],
    )
    feed = an_atom_feed(article)
    assert attributes(feed, "atom:link") == [
        {"href": "https://news.example.org/feed.atom", "rel": "self", "type": "application/atom+xml"},
        {"href": "https://news.example.org/", "rel": "alternate"},
        {
            "href": "https://news.example.org/feeds/about?feed=/feed.atom",
            "rel": "related",
            "type": "text/html",
            "title": ABOUT_TITLE,
        },
    ]
    assert attributes(feed, "atom:entry/atom:link") == [
        {"href": "https://news.example.org/2026/03/14/tides", "rel": "alternate", "type": "text/html"},
        {"href": "https://first.example/tides", "rel": "related"},
        {
            "href": "https://news.example.org/a.mp3",
            "rel": "enclosure",
            "type": "audio/mpeg",
            "title": "Sound",
            "length": "123",
        },
        {"href": "https://news.example.org/b.pdf", "rel": "enclosure", "type": "application/pdf"},
    ]


def test_a_title_is_text_and_content_is_html() -> None:
    feed = an_atom_feed(an_article(title="<SRD> & ]]> <b>", content_html="<p>a &lt; b ]]&gt; <em>c</em></p>"))
    [title] = feed.findall("{*}entry/{*}title")
    [content] = feed.findall("{*}entry/{*}content")
    assert (title.get("type"), title.text) == (None, "<SRD> & ]]> <b>")
    assert (content.get("type"), content.text) == ("html", "<p>a &lt; b ]]&gt; <em>c</em></p>")


def test_a_title_that_looks_like_html_is_declared_as_html() -> None:
    article = an_article(title="Why </b> & &copy; matter", summary="<i>x</i>")
    feed = an_atom_feed(article)
    for path, html in (
        ("{*}entry/{*}title", "Why &lt;/b&gt; &amp; &amp;copy; matter"),
        ("{*}entry/{*}summary", "&lt;i&gt;x&lt;/i&gt;"),
    ):
        assert [(one.get("type"), one.text) for one in feed.findall(path)] == [("html", html)]


def test_names_have_no_type_so_lookalikes_are_changed() -> None:
    feed = an_atom_feed(an_article(authors=["<b>Ann</b>"]), site=replace(SITE, title="A &amp; B"))
    assert texts(feed, "atom:title") == texts(feed, "atom:author/atom:name") == ["A &\u2060amp; B"]
    assert texts(feed, "atom:entry/atom:author/atom:name") == ["<\u2060b>Ann<\u2060/b>"]


def test_an_edit_keeps_the_entry_id_rfc4287_4_2_6() -> None:
    before = an_article(now=NOON)
    after = revise(
        before,
        parse_draft({"title": "Corrected", "slug": "corrected", "content_text": "New."}, zone=SITE.zone),
        now=datetime(2026, 4, 1, tzinfo=UTC),
        site=SITE,
    )
    assert texts(an_atom_feed(before), "atom:entry/atom:id") == texts(an_atom_feed(after), "atom:entry/atom:id")
    assert texts(an_atom_feed(after), "atom:updated") == ["2026-04-01T00:00:00+00:00"]
    assert texts(an_atom_feed(after), "atom:entry/atom:published") == ["2026-03-14T12:00:00+00:00"]


def test_an_entry_without_content_has_a_summary_and_a_link_rfc4287_4_1_2() -> None:
    feed = an_atom_feed(
        an_article(title="Long", content_text="word " * MAX_CONTENT_BYTES),
        an_article(title="No words", content_text=""),
    )
    assert feed.findall("{*}entry/{*}content") == []
    assert [len(text) > 3 for text in texts(feed, "atom:entry/atom:summary")] == [True, True]
    assert len(feed.findall("{*}entry/{*}link[@rel='alternate']")) == 2


def test_a_categorys_scheme_is_the_section_list_or_the_tag_list() -> None:
    feed = an_atom_feed(an_article(section="Sea", tags=["Tides", "C++"]))
    assert attributes(feed, "atom:entry/atom:category") == [
        {"term": "Sea", "scheme": "https://news.example.org/sections/"},
        {"term": "Tides", "scheme": "https://news.example.org/tags/"},
        {"term": "C++", "scheme": "https://news.example.org/tags/"},
    ]


def test_feed_and_entries_have_their_languages() -> None:
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    feed = an_atom_feed(an_article(language="fr"), an_article())
    assert [feed.get(lang), *(entry.get(lang) for entry in feed.findall("{*}entry"))] == ["en", "fr", None]
    assert an_atom_feed(site=Site(language="not a language")).get(lang) is None


def test_an_empty_feed_has_a_date_and_an_author() -> None:
    feed = an_atom_feed(site=Site(title=" "))
    assert texts(feed, "atom:updated") == ["2023-12-01T00:00:00+00:00"]
    assert texts(feed, "atom:id") == [IDENTITY]
    assert texts(feed, "atom:title") == texts(feed, "atom:author/atom:name") == ["Dateline"]


def test_the_image_of_an_article() -> None:
    feed = an_atom_feed(an_article(image="https://news.example.org/ä.png"))
    assert attributes(feed, "atom:entry/media:thumbnail") == [{"url": "https://news.example.org/%C3%A4.png"}]


def test_the_fields_of_the_site() -> None:
    feed = an_atom_feed(site=a_full_site())
    assert texts(feed, "atom:rights") == ["© Example & Sons"]
    assert texts(feed, "atom:icon") == ["https://news.example.org/icon.png"]
    assert texts(feed, "atom:logo") == ["https://cdn.example/logo.png"]
    assert feed.get("{http://www.w3.org/XML/1998/namespace}base") == "https://news.example.org/feed.atom"


def test_a_live_feed_names_its_hub() -> None:
    assert {"rel": "hub", "href": "https://hub.example/"} in attributes(an_atom_feed(site=a_full_site()), "atom:link")


def test_an_archive_document_is_marked_and_links_to_others_rfc5005_4() -> None:
    feed = etree.fromstring(document(ATOM, an_article()))
    assert SCHEMA.validate(feed), SCHEMA.error_log
    assert len(feed.findall("fh:archive", NAMESPACES)) == 1
    assert [(link["rel"], link["href"]) for link in attributes(feed, "atom:link")] == [
        ("self", "https://news.example.org/archive/2026/02/feed.atom"),
        ("alternate", "https://news.example.org/"),
        ("related", "https://news.example.org/feeds/about?feed=/archive/2026/02/feed.atom"),
        ("prev-archive", "https://news.example.org/archive/2026/01/feed.atom"),
        ("current", "https://news.example.org/feed.atom"),
    ]


def test_withdrawn_articles_leave_tombstones_rfc6721() -> None:
    withdrawn = Tombstone("w", "tag:news.example.org,2026-03-01:w", NOON, NOON.date())
    feed = etree.fromstring(bodies([], tombstones=[withdrawn])[ATOM])
    assert SCHEMA.validate(feed), SCHEMA.error_log
    assert attributes(feed, "at:deleted-entry") == [
        {"ref": "tag:news.example.org,2026-03-01:w", "when": "2026-03-14T12:00:00Z"}
    ]
    assert texts(feed, "atom:updated") == ["2026-03-14T12:00:00+00:00"]
