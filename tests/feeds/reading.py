"""Feeds built and read back, for the tests of every format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import feedparser
from lxml import etree

from archive.article import Article
from archive.site import Site
from archive.store.listings import Tombstone
from archive.urls import Scope
from feeds.builder import FeedBuilder
from feeds.channel import Page
from feeds.format import ATOM, FORMATS, JSON, RSS, Format
from feeds.spec import spec_for
from tests.support.builders import SITE

IDENTITY = "tag:news.example.org,2023-12-01:dateline"
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
}
SCHEMAS = Path(__file__).parent / "schemas"


def bodies(
    articles: Sequence[Article], *, scope: Scope = None, site: Site = SITE, tombstones: Sequence[Tombstone] = ()
) -> dict[Format, bytes]:
    """The feed's bytes in every format, from a new builder."""
    documents = FeedBuilder(site, IDENTITY).build(spec_for(scope, site, IDENTITY), articles, tombstones)
    return dict(zip(FORMATS.values(), (document.body for document in documents), strict=True))


def document(feed_format: Format, *articles: Article) -> bytes:
    """An archive document with every optional element of a feed."""
    documents = FeedBuilder(a_full_site(), IDENTITY).build(
        spec_for(None, SITE, IDENTITY),
        articles,
        page=Page("/archive/2026/02/"),
        links={"prev-archive": Page("/archive/2026/01/"), "current": Page("/")},
        is_archive=True,
    )
    return next(one.body for one in documents if one.path.endswith(feed_format.suffix))


def a_full_site() -> Site:
    """A site with every optional field."""
    return replace(
        SITE,
        description="All of it",
        rights="© Example & Sons",
        editor="ann@example.org (Ann)",
        icon="/icon.png",
        logo="https://cdn.example/logo.png",
        hub="https://hub.example/",
    )


def an_atom_feed(*articles: Article, site: Site = SITE) -> Any:
    return etree.fromstring(bodies(articles, site=site)[ATOM])


def an_rss_channel(*articles: Article, site: Site = SITE) -> Any:
    [channel] = etree.fromstring(bodies(articles, site=site)[RSS])
    return channel


def a_json_feed(*articles: Article, site: Site = SITE) -> Any:
    return json.loads(bodies(articles, site=site)[JSON])


def texts(element: Any, path: str) -> list[str]:
    """The texts of all elements at a path."""
    return [found.text or "" for found in element.findall(path, NAMESPACES)]


def attributes(element: Any, path: str) -> list[dict[str, str]]:
    """The attributes of all elements at a path."""
    return [dict(found.attrib) for found in element.findall(path, NAMESPACES)]


def read_back(body: bytes) -> Any:
    """The feed as feedparser reads it, without its own changes to content."""
    feed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed
