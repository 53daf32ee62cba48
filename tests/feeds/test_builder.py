"""Building feeds: rendering, caching, and the same bytes for the same articles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import pytest
from lxml import etree

from archive.article import Article
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.site import Site
from archive.store.listings import Tombstone
from archive.urls import Scope
from feeds.builder import FeedBuilder, feed_updated, medium_of
from feeds.channel import Channel, Page
from feeds.content_level import read_content_levels
from feeds.document import Document
from feeds.entry import FeedEntry, entry_of
from feeds.format import ATOM, FORMATS, JSON, RSS, Format
from feeds.formats import atom, jsonfeed, registry, rss
from feeds.formats.writer import Writer
from feeds.spec import spec_for
from feeds.touched import scopes_touched
from tests.feeds.reading import IDENTITY, attributes, read_back
from tests.support.builders import NOON, SITE, an_article

SPEC = spec_for(None, SITE, IDENTITY)
LABEL = Label(LabelKind.TAG, "tides")
READ_BACK = (RSS, ATOM, JSON)  # the formats that these tests can parse


@pytest.fixture
def articles() -> list[Article]:
    return [
        replace(
            an_article(
                id=f"a{number}",
                now=NOON - timedelta(days=number),
                title=f"<{number}> & more",
                summary="Short" if number % 2 else None,
                language="fr" if number % 3 else "en",
                authors=["Ann"] * (number % 2),
                section="Sea",
                tags=["Tides"],
                image="https://news.example.org/i.png",
                enclosures=[{"url": "https://news.example.org/a.mp3", "type": "audio/mpeg", "length": 9}],
            ),
            revision=1,
        )
        for number in range(7)
    ]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Format]]:
    """The title and format of each entry rendered, in order."""
    seen: list[tuple[str, Format]] = []

    def counting(feed_format: Format, writer: Writer) -> Writer:
        def entry(item: FeedEntry, site: Site) -> bytes:
            seen.append((item.title, feed_format))
            return writer.entry(item, site)

        return writer._replace(entry=entry)

    for feed_format in FORMATS.values():
        monkeypatch.setitem(registry._writers, feed_format, counting(feed_format, registry.writer_of(feed_format)))
    return seen


def test_documents_in_every_format(articles: list[Article]) -> None:
    documents = FeedBuilder(SITE, IDENTITY).build(spec_for(LABEL, SITE, IDENTITY, "Tides"), articles)
    assert [(document.path, document.media_type) for document in documents] == [
        (f"/tags/tides/{one.suffix}", one.media_type) for one in FORMATS.values()
    ]


def test_the_formats_of_a_build_can_be_chosen(articles: list[Article]) -> None:
    documents = FeedBuilder(SITE, IDENTITY).build(SPEC, articles, formats=[JSON, RSS])
    assert [document.path for document in documents] == ["/feed.json", "/feed.rss"]


def test_only_the_feed_itself_names_a_hub_not_its_other_documents(articles: list[Article]) -> None:
    builder = FeedBuilder(replace(SITE, hub="https://hub.example/"), IDENTITY)
    live = builder.build(SPEC, articles, formats=READ_BACK)
    paged = builder.build(SPEC, articles, page=Page("/search", "q=x"), formats=READ_BACK)
    assert [b"hub.example" in document.body for document in live] == [True] * len(READ_BACK)
    assert [b"hub.example" in document.body for document in paged] == [False] * len(READ_BACK)


def test_joined_entries_have_the_bytes_that_feedgen_writes_for_a_whole_feed(articles: list[Article]) -> None:
    updated, medium = feed_updated(SPEC, articles), medium_of(articles)
    channels = {one: Channel(SPEC, SITE, one, updated, medium=medium) for one in READ_BACK}
    entries = [entry_of(article, site=SITE, identity=IDENTITY) for article in articles]
    whole_rss, whole_atom = rss.build_shell(channels[RSS]), atom.build_shell(channels[ATOM])
    for entry in entries:
        whole_rss.add_entry(rss.build_entry(entry, SITE), order="append")
        whole_atom.add_entry(atom.build_entry(entry, SITE), order="append")
    shell = jsonfeed.build_shell(channels[JSON])
    whole_json = shell | {"items": [jsonfeed.build_entry(entry, SITE) for entry in entries]}

    joined = FeedBuilder(SITE, IDENTITY).build(SPEC, articles, formats=READ_BACK)

    assert [document.body for document in joined] == [
        rss.with_hexadecimal_references(whole_rss.rss_str()),
        whole_atom.atom_str(),
        orjson.dumps(whole_json),
    ]


def test_the_same_articles_give_the_same_bytes_whatever_was_built_before(articles: list[Article]) -> None:
    warm = FeedBuilder(SITE, IDENTITY)
    warm.build(SPEC, articles[3:])
    assert warm.build(SPEC, articles) == FeedBuilder(SITE, IDENTITY).build(SPEC, articles)


def test_each_revision_is_rendered_once_for_each_format(
    articles: list[Article], rendered: list[tuple[str, Format]]
) -> None:
    builder = FeedBuilder(SITE, IDENTITY)
    builder.build(SPEC, articles)
    rendered.clear()
    builder.build(SPEC, [replace(articles[0], title="Edited", revision=2), *articles[1:]])
    builder.build(spec_for(LABEL, SITE, IDENTITY), articles[1:])
    assert rendered == [("Edited", feed_format) for feed_format in FORMATS.values()]


def test_an_edit_shows(articles: list[Article]) -> None:
    builder = FeedBuilder(SITE, IDENTITY)
    builder.build(SPEC, articles)
    for document in builder.build(SPEC, [replace(articles[0], title="Edited", revision=2)], formats=READ_BACK):
        assert read_back_titles(document) == ["Edited"]


def test_a_feed_has_every_given_article_in_the_given_order(articles: list[Article]) -> None:
    for document in FeedBuilder(SITE, IDENTITY, length=3).build(SPEC, articles, formats=READ_BACK):
        assert read_back_titles(document) == [article.title for article in articles]


def test_a_small_cache_changes_the_cost_and_not_the_bytes(articles: list[Article]) -> None:
    small, large = FeedBuilder(SITE, IDENTITY, cache_bytes=5_000), FeedBuilder(SITE, IDENTITY)
    assert small.build(SPEC, articles) == large.build(SPEC, articles)
    assert small.entries.size_bytes <= 5_000
    assert len(small.entries) < len(large.entries) == len(articles) * len(FORMATS)


def test_what_a_change_touches() -> None:
    labels = [LABEL, Label(LabelKind.AUTHOR, "ann"), Label(LabelKind.TAG, ".."), Label(LabelKind.TAG, "")]
    assert scopes_touched(labels, [date(2023, 12, 14), date(2024, 1, 1)]) == {
        None,
        LABEL,
        Label(LabelKind.AUTHOR, "ann"),
        Period(2023),
        Period(2023, 12),
        Period(2023, 12, 14),
        Period(2024),
        Period(2024, 1),
        Period(2024, 1, 1),
    }
    assert scopes_touched([], []) == {None}


def test_a_feed_is_as_new_as_its_latest_change_not_its_first_entry(articles: list[Article]) -> None:
    corrected = replace(articles[5], updated=NOON + timedelta(days=9))
    assert feed_updated(SPEC, [*articles[:5], corrected]) == NOON + timedelta(days=9)
    assert feed_updated(SPEC, []) == SPEC.created


def a_tombstone(name: str, *, gone: datetime = NOON, **fields: Any) -> Tombstone:
    return Tombstone(name, f"tag:example.org,2026:{name}", gone, fields.pop("day", NOON.date()), **fields)


def tombstones_in(
    scope: Scope, articles: Sequence[Article], tombstones: Sequence[Tombstone], **options: Any
) -> list[str]:
    spec = spec_for(scope, SITE, IDENTITY)
    [atom_feed] = FeedBuilder(SITE, IDENTITY, **options).build(spec, articles, tombstones, formats=[ATOM])
    feed = etree.fromstring(atom_feed.body)
    return [one["ref"].rpartition(":")[2] for one in attributes(feed, "at:deleted-entry")]


def test_a_tombstone_is_in_the_feeds_that_the_article_was_in() -> None:
    sea = a_tombstone("sea", labels=frozenset({LABEL}))
    old = a_tombstone("old", day=date(2020, 1, 1))
    assert tombstones_in(None, [], [sea, old]) == ["sea", "old"]
    assert tombstones_in(LABEL, [], [sea, old]) == ["sea"]
    assert tombstones_in(Period(2020), [], [sea, old]) == ["old"]


def test_a_tombstone_stays_for_ninety_days_before_the_feeds_latest_change(articles: list[Article]) -> None:
    fresh = a_tombstone("fresh", gone=NOON - timedelta(days=90))
    stale = a_tombstone("stale", gone=NOON - timedelta(days=91))
    assert tombstones_in(None, articles, [fresh, stale]) == ["fresh"]
    assert tombstones_in(None, [], [stale]) == ["stale"]


def test_a_feed_has_at_most_as_many_tombstones_as_entries_the_newest_ones() -> None:
    assert tombstones_in(None, [], [a_tombstone("b"), a_tombstone("a")], length=1) == ["b"]


def read_back_titles(document: Document) -> list[str]:
    if document.media_type.endswith("json"):
        return [item["title"] for item in orjson.loads(document.body)["items"]]
    return [entry.title for entry in read_back(document.body).entries]


def test_a_feed_has_whole_articles_or_summaries_by_its_content_level(articles: list[Article]) -> None:
    builder = FeedBuilder(SITE, IDENTITY, content_levels=read_content_levels("full; /tags/tides/: summary"))
    written = {
        scope: {document.path: document.body for document in builder.build(spec_for(scope, SITE, IDENTITY), articles)}
        for scope in (None, LABEL, Period(2026))
    }
    whole, brief = written[None], written[LABEL]
    assert whole["/feed.rss"].count(b"<content:encoded>") == whole["/feed.atom"].count(b"<content ") == len(articles)
    assert whole["/feed.rss"].partition(b"<item>")[2] == written[Period(2026)]["/2026/feed.rss"].partition(b"<item>")[2]
    assert b"<content" not in brief["/tags/tides/feed.rss"] + brief["/tags/tides/feed.atom"]
    assert brief["/tags/tides/feed.rss"].count(b"<description>") == len(articles) + 1
    assert brief["/tags/tides/feed.atom"].count(b"<summary>") == len(articles)
    summaries = [
        (item["content_text"], "content_html" in item) for item in json.loads(brief["/tags/tides/feed.json"])["items"]
    ]
    assert summaries == [(article.abstract, False) for article in articles]


def test_an_archive_document_has_the_content_level_of_the_sites_feed(articles: list[Article]) -> None:
    builder = FeedBuilder(SITE, IDENTITY, content_levels=read_content_levels("full; /: summary"))
    for document in builder.build(SPEC, articles, page=Page("/archive/2026/03/"), is_archive=True):
        assert b"content:encoded>" not in document.body
        assert b"content_html" not in document.body


@pytest.mark.parametrize("feed_format", FORMATS.values(), ids=str)
def test_a_formats_entry_mark_shows_entries_whatever_the_site_is_called(feed_format: Format) -> None:
    site = replace(SITE, title='<item><entry>"items":[{', description='<item> <entry> "items":[{"', rights="<item")
    withdrawn = [Tombstone("w", "tag:news.example.org,2026-03-01:<entry", NOON, NOON.date())]
    for articles in ([], [an_article(content_text="")]):
        documents = FeedBuilder(site, IDENTITY).build(spec_for(None, site, IDENTITY), articles, withdrawn)
        [body] = [one.body for one in documents if one.path.endswith(feed_format.suffix)]
        assert feed_format.has_entries(body) == bool(articles)
