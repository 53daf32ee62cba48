"""Feeds from articles: what is rebuilt, what is kept, and that the same is always the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import etree

from archive.labels import Label, LabelKind
from archive.period import Period
from archive.store.listings import Tombstone
from feeds import builder
from feeds.builder import FeedBuilder, feed_updated, medium_of
from feeds.channel import Channel, Page
from feeds.content_level import read_extents
from feeds.document import has_entries
from feeds.entry import item_of
from feeds.formats import atom, jsonfeed, rss
from feeds.spec import Format, spec_for
from feeds.touched import scopes_touched
from tests.feeds.reading import IDENTITY, attributes, read_back
from tests.support.builders import NOON, SITE, an_article

SPEC = spec_for(None, SITE, IDENTITY)
LABEL = Label(LabelKind.TAG, "tides")


@pytest.fixture
def articles():
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
def rendered(monkeypatch):
    """Which entries were rendered, in order."""
    seen = []

    def counting(feed_format, writer):
        def entry(item, site):
            seen.append((item.title, feed_format))
            return writer.entry(item, site)

        return writer._replace(entry=entry)

    for feed_format, writer in builder.WRITERS.items():
        monkeypatch.setitem(builder.WRITERS, feed_format, counting(feed_format, writer))
    return seen


def test_documents_in_every_format(articles):
    documents = FeedBuilder(SITE, IDENTITY).build(spec_for(LABEL, SITE, IDENTITY, "Tides"), articles)
    assert [(document.path, document.media_type) for document in documents] == [
        ("/tags/tides/feed.rss", "application/rss+xml; charset=utf-8"),
        ("/tags/tides/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/tags/tides/feed.json", "application/feed+json"),
    ]


def test_other_documents_of_a_feed_than_the_feed_itself_have_no_hub(articles):
    builder = FeedBuilder(replace(SITE, hub="https://hub.example/"), IDENTITY)
    spec = spec_for(None, SITE, IDENTITY)
    live, paged = builder.build(spec, articles), builder.build(spec, articles, page=Page("/search", "q=x"))
    assert [b"hub.example" in document.body for document in (*live, *paged)] == [True] * 3 + [False] * 3


def test_joined_entries_are_what_feedgen_builds_in_one_go(articles):
    channel = Channel(SPEC, SITE, feed_updated(SPEC, articles), medium=medium_of(articles))
    items = [item_of(article, site=SITE, identity=IDENTITY) for article in articles]
    whole_rss, whole_atom = rss.build_shell(channel), atom.build_shell(channel)
    for item in items:
        whole_rss.add_entry(rss.build_entry(item, SITE), order="append")
        whole_atom.add_entry(atom.build_entry(item, SITE), order="append")
    whole_json = jsonfeed.build_shell(channel) | {"items": [jsonfeed.build_entry(item, SITE) for item in items]}

    joined = FeedBuilder(SITE, IDENTITY).build(SPEC, articles)

    assert [document.body for document in joined] == [
        rss.spelt_out(whole_rss.rss_str()),
        whole_atom.atom_str(),
        jsonfeed.orjson.dumps(whole_json),
    ]


def test_the_same_articles_give_the_same_bytes_whatever_was_built_before(articles):
    warm = FeedBuilder(SITE, IDENTITY)
    warm.build(SPEC, articles[3:])
    assert warm.build(SPEC, articles) == FeedBuilder(SITE, IDENTITY).build(SPEC, articles)


def test_each_revision_is_rendered_once_for_each_format(articles, rendered):
    builder = FeedBuilder(SITE, IDENTITY)
    builder.build(SPEC, articles)
    rendered.clear()
    builder.build(SPEC, [replace(articles[0], title="Edited", revision=2), *articles[1:]])
    builder.build(spec_for(LABEL, SITE, IDENTITY), articles[1:])
    assert rendered == [("Edited", feed_format) for feed_format in Format]


def test_an_edit_shows(articles):
    builder = FeedBuilder(SITE, IDENTITY)
    builder.build(SPEC, articles)
    for document in builder.build(SPEC, [replace(articles[0], title="Edited", revision=2)]):
        assert read_back_titles(document) == ["Edited"]


def test_a_feed_has_what_it_is_given_and_keeps_the_order(articles):
    for document in FeedBuilder(SITE, IDENTITY, length=3).build(SPEC, articles):
        assert read_back_titles(document) == [article.title for article in articles]


def test_a_small_cache_changes_the_cost_and_not_the_bytes(articles):
    small, large = FeedBuilder(SITE, IDENTITY, cache_bytes=5_000), FeedBuilder(SITE, IDENTITY)
    assert small.build(SPEC, articles) == large.build(SPEC, articles)
    assert small.entries.size <= 5_000
    assert len(small.entries) < len(large.entries) == 21


def test_what_a_change_touches():
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


def test_a_feed_is_as_new_as_its_latest_change_not_its_first_entry(articles):
    corrected = replace(articles[5], updated=NOON + timedelta(days=9))
    assert feed_updated(SPEC, [*articles[:5], corrected]) == NOON + timedelta(days=9)
    assert feed_updated(SPEC, []) == SPEC.since


def a_tombstone(name, *, gone=NOON, **fields):
    return Tombstone(name, f"tag:example.org,2026:{name}", gone, fields.pop("day", NOON.date()), **fields)


def tombstones_in(scope, articles, tombstones, **options):
    documents = FeedBuilder(SITE, IDENTITY, **options).build(spec_for(scope, SITE, IDENTITY), articles, tombstones)
    feed = etree.fromstring(documents[1].body)
    return [one["ref"].rpartition(":")[2] for one in attributes(feed, "at:deleted-entry")]


def test_a_tombstone_stands_in_the_feeds_that_the_article_was_in():
    sea = a_tombstone("sea", labels=frozenset({LABEL}))
    old = a_tombstone("old", day=date(2020, 1, 1))
    assert tombstones_in(None, [], [sea, old]) == ["sea", "old"]
    assert tombstones_in(LABEL, [], [sea, old]) == ["sea"]
    assert tombstones_in(Period(2020), [], [sea, old]) == ["old"]


def test_a_tombstone_stands_for_ninety_days_of_the_feeds_own_time(articles):
    fresh = a_tombstone("fresh", gone=NOON - timedelta(days=90))
    stale = a_tombstone("stale", gone=NOON - timedelta(days=91))
    assert tombstones_in(None, articles, [fresh, stale]) == ["fresh"]
    assert tombstones_in(None, [], [stale]) == ["stale"]


def test_no_more_tombstones_than_articles_the_newest_ones():
    assert tombstones_in(None, [], [a_tombstone("b"), a_tombstone("a")], length=1) == ["b"]


def read_back_titles(document):
    if document.media_type.endswith("json"):
        return [item["title"] for item in jsonfeed.orjson.loads(document.body)["items"]]
    return [entry.title for entry in read_back(document.body).entries]


def test_a_feed_carries_whole_articles_or_summaries_as_it_is_set(articles):
    builder = FeedBuilder(SITE, IDENTITY, extents=read_extents("full; /tags/tides/: summary"))
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
    said = [
        (item["content_text"], "content_html" in item) for item in json.loads(brief["/tags/tides/feed.json"])["items"]
    ]
    assert said == [(article.abstract, False) for article in articles]


def test_a_volume_carries_what_the_sites_feed_does(articles):
    builder = FeedBuilder(SITE, IDENTITY, extents=read_extents("full; /: summary"))
    for document in builder.build(SPEC, articles, page=Page("/archive/2026/03/"), is_archive=True):
        assert b"content:encoded>" not in document.body
        assert b"content_html" not in document.body


@pytest.mark.parametrize("feed_format", Format)
def test_whether_a_document_has_entries_is_told_from_its_bytes_whatever_the_site_is_called(feed_format: Format):
    site = replace(SITE, title='<item><entry>"items":[{', description='<item> <entry> "items":[{"', rights="<item")
    withdrawn = [Tombstone("w", "tag:news.example.org,2026-03-01:<entry", NOON, NOON.date())]
    for articles in ([], [an_article(content_text="")]):
        documents = FeedBuilder(site, IDENTITY).build(spec_for(None, site, IDENTITY), articles, withdrawn)
        [body] = [one.body for one in documents if one.path.endswith(feed_format.suffix)]
        assert has_entries(body, feed_format) == bool(articles)
