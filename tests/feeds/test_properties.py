"""Any article that validation accepts gives well-formed, valid, reproducible and readable feeds."""

from __future__ import annotations

import html as html_entities
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.article import Article, Role
from archive.content.text import plain_text
from archive.errors import InvalidDraft
from archive.lifecycle import UNTITLED, compose
from archive.store.listings import Tombstone
from archive.timestamps import EARLIEST, LATEST, rfc3339
from archive.validation import parse_draft
from feeds.builder import FeedBuilder
from feeds.channel import Page
from feeds.content_level import ContentLevel, ContentLevels
from feeds.entry import xml_safe
from feeds.format import ATOM, FORMATS, JSON, RSS, Format
from feeds.formats.feedgen_fixes import rfc822
from feeds.html_lookalikes import without_tags
from feeds.spec import spec_for
from tests.feeds.formats.test_atom import SCHEMA as ATOM_SCHEMA
from tests.feeds.formats.test_jsonfeed import SCHEMA as JSON_SCHEMA
from tests.feeds.formats.test_schemas import problems_of_rss
from tests.feeds.reading import IDENTITY, NAMESPACES, a_full_site, bodies, read_back, texts
from tests.support.builders import NOON, SITE

words = st.text(max_size=40) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "a ]]> b",
        "AT&T &amp; <SRD>",
        "\u202egnp.exe",
        "👩‍👩‍👧 𝔘",
        "\x00\x0b\x1f\x85",
        "\r\n",
    ]
)
html = st.lists(
    words
    | st.sampled_from(
        ['<a href="', '" title=">', '">', "</a>", '<img src="/x" srcset="/y 2x">', "<p>", "<!--", "&#1;", "&#xfffe;"]
    ),
    max_size=8,
).map("".join)
media = st.fixed_dictionaries(
    {
        "url": st.just("https://media.example/").flatmap(lambda start: words.map(lambda end: start + end)),
        "type": st.just("audio/mpeg"),
    },
    optional={"length": st.integers(0, 2**40), "title": words, "duration": st.integers(0, 2**40)},
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "title": words,
        "summary": words,
        "content_html": html,
        "content_text": words,
        "content_markdown": words,
        "authors": st.lists(
            words
            | st.fixed_dictionaries(
                {"name": words, "uri": st.just("https://a.example/ü"), "role": st.sampled_from([None, *Role])}
            ),
            max_size=3,
        ),
        "section": words,
        "tags": st.lists(words, max_size=4),
        "language": st.sampled_from(["en", "fr", "pt-BR", "en-x", "zz-zzzzzzzz"]),
        "guid": words | words.map("urn:example:".__add__),
        "published": st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None)).map(
            lambda moment: rfc3339(moment.replace(tzinfo=UTC))
        ),
        "enclosures": st.lists(media, max_size=2),
    },
)


def admitted(wish: dict[str, Any], number: int) -> Article | None:
    """The article from these fields, without those that validation rejects."""
    while True:
        try:
            draft = parse_draft(wish, zone=SITE.zone)
        except InvalidDraft as refused:
            names = {problem.field.partition("[")[0].partition(".")[0] for problem in refused.problems}
            if not names & wish.keys():
                return None
            wish = {name: value for name, value in wish.items() if name not in names}
        else:
            return compose(draft, article_id=f"a{number}", now=NOON, site=SITE)


withdrawn = st.lists(
    st.builds(Tombstone, st.just("gone"), words, st.just(NOON), st.dates(NOON.date() - timedelta(days=9), NOON.date())),
    max_size=2,
)
pages = st.sampled_from(
    [
        {},
        {"page": Page("/archive/2026/03/"), "links": {"current": Page("/")}, "is_archive": True},
        {"page": Page("/search/", "q=%C3%BC&page=2"), "links": {"previous": Page("/search/", "q=%C3%BC")}},
    ]
)


@given(st.lists(fields, max_size=3))
@settings(deadline=None)
def test_any_accepted_article_gives_valid_readable_feeds(wishes: list[dict[str, Any]]) -> None:
    articles = [article for number, wish in enumerate(wishes) if (article := admitted(wish, number))]
    assume(articles or not wishes)

    written = bodies(articles)

    assert bodies(articles) == written
    atom = etree.fromstring(written[ATOM])
    assert ATOM_SCHEMA.validate(atom), ATOM_SCHEMA.error_log
    JSON_SCHEMA.validate(json.loads(written[JSON]))
    [channel] = etree.fromstring(written[RSS])
    assert texts(channel, "item/pubDate") == [rfc822(published(article)) for article in articles]

    titles = [line(xml_safe(article.title)) or UNTITLED for article in articles]
    assert [line(as_text(title)) for title in atom.findall("atom:entry/atom:title", NAMESPACES)] == titles
    assert [line(title) for title in texts(channel, "item/title")] == [without_tags(title) for title in titles]
    assert [line(item["title"]) for item in json.loads(written[JSON])["items"]] == titles

    contents = [html for article in articles if (html := xml_safe(article.content_html).strip())]
    assert [plain_text(html) for html in texts(atom, "atom:entry/atom:content")] == list(map(plain_text, contents))
    assert texts(channel, "item/content:encoded") == texts(atom, "atom:entry/atom:content")

    links = [SITE.absolute(article.path or "") for article in articles]
    for feed_format in (ATOM, RSS):
        entries = read_back(written[feed_format]).entries
        assert [entry.link for entry in entries] == links
        assert len({entry.id for entry in entries}) == len({article.guid for article in articles})
        assert [len(entry.enclosures) for entry in entries] == enclosures_read(articles, feed_format)
        read = [line(entry.content[0].value) for entry in entries if "content" in entry]
        assert read == [as_feedparser(html) for html in texts(atom, "atom:entry/atom:content")]
    read = [line(entry.title) for entry in read_back(written[ATOM]).entries]
    assert read == [as_feedparser(title) for title in texts(atom, "atom:entry/atom:title")]


def as_text(construct: Any) -> str:
    """A text construct as readers show it (RFC 4287 §3.1.1)."""
    text = construct.text or ""
    return html_entities.unescape(text) if construct.get("type") == "html" else text


def enclosures_read(articles: list[Article], feed_format: Format) -> list[int]:
    most = 1 if feed_format is RSS else 2
    return [min(len(article.enclosures), most) for article in articles]


def as_feedparser(text: str) -> str:
    """The text after feedparser's repair of what looks like UTF-8 decoded as Latin-1."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return line(text)


def line(text: str) -> str:
    return " ".join(text.split())


def published(article: Article) -> datetime:
    assert article.published is not None
    return article.published


@given(st.lists(fields, max_size=3), withdrawn, pages, st.sampled_from(ContentLevel), words)
@settings(deadline=None)
def test_every_kind_of_feed_of_accepted_articles_is_valid_and_stable(
    wishes: list[dict[str, Any]], gone: list[Tombstone], options: dict[str, Any], content_level: ContentLevel, name: str
) -> None:
    articles = [article for number, wish in enumerate(wishes) if (article := admitted(wish, number))]
    site = replace(a_full_site(), title=name, description=name, rights=name)
    spec = spec_for(None, site, IDENTITY)

    def written() -> dict[Format, bytes]:
        documents = FeedBuilder(site, IDENTITY, content_levels=ContentLevels(content_level)).build(
            spec, articles, gone, **options
        )
        return dict(zip(FORMATS.values(), (document.body for document in documents), strict=True))

    bodies = written()
    assert written() == bodies
    atom = etree.fromstring(bodies[ATOM])
    assert ATOM_SCHEMA.validate(atom), ATOM_SCHEMA.error_log
    document = json.loads(bodies[JSON])
    JSON_SCHEMA.validate(document)
    assert problems_of_rss(bodies[RSS]) == []

    links = [SITE.absolute(article.path or "") for article in articles]
    assert [item["url"] for item in document["items"]] == links
    for feed_format in (ATOM, RSS):
        entries = read_back(bodies[feed_format]).entries
        assert [entry.link for entry in entries] == links
        if content_level is ContentLevel.SUMMARY:
            assert not any("content" in entry for entry in entries)
    if content_level is ContentLevel.SUMMARY:
        said = [line(as_text(one)) for one in atom.findall("atom:entry/atom:summary", NAMESPACES)]
        assert said == [line(item["content_text"]) for item in document["items"]]
