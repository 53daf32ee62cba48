"""Every kind of feed, with difficult articles, against the schemas of its format."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from archive.article import Article
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.site import Site
from archive.store.listings import Tombstone
from feeds.builder import FeedBuilder
from feeds.channel import Page
from feeds.content_level import ContentLevel, ContentLevels
from feeds.format import ATOM, FORMATS, JSON, RSS, Format
from feeds.spec import spec_for
from tests.feeds.formats.test_atom import SCHEMA as ATOM_SCHEMA
from tests.feeds.formats.test_jsonfeed import SCHEMA as JSON_SCHEMA
from tests.feeds.reading import IDENTITY, a_full_site
from tests.support.builders import NOON, an_article

ONCE_IN_AN_ITEM = {"title", "link", "description", "guid", "pubDate", "enclosure"}
RECORDING = {
    "url": "https://news.example.org/ü.mp3",
    "type": "audio/mpeg",
    "length": 12,
    "title": "<i>x</i>",
    "duration": 61,
}
HELPER = {"name": "<b>Cy</b>", "role": "contributor"}
NASTY: dict[str, dict[str, Any]] = {
    "markup": {"title": "<script>alert(1)</script> ]]> &copy;", "content_html": "<p>]]&gt;<script>x</script></p>"},
    "controls": {"title": "a\0b\x0bc\ufffe\x85", "content_text": "\x01 \x1f"},
    "directions": {"title": "\u202egnp.exe", "language": "ar", "content_html": '<p dir="rtl">\u2066x</p>'},
    "emoji": {"title": "👩‍👩‍👧 𝔘", "tags": ["👩‍👩‍👧", "C++", '"q"', "<i>x</i>"]},
    "nothing": {"title": "Low tide", "content_text": ""},
    "huge": {"content_text": "word " * 60_000},
    "addresses": {"content_html": '<img src="a.png" srcset="/a 2x"><a href="data:x">x</a><a href="">y</a><img src="">'},
    "many tags": {"tags": [f"tag {number}" for number in range(100)]},
    "long ago": {"published": "0001-01-02T00:00:00Z"},
    "names": {
        "authors": ['Ann "The Pen" <x>', {"name": "Zoë & Co", "email": "zoë@example.org"}, HELPER],
        "section": "R&amp;D",
    },
    "files": {
        "enclosures": [{"url": "https://m.example/x", "type": "application/x-weird+thing.v1"}, RECORDING],
        "image": "https://m.example/ü.png",
        "canonical_url": "https://first.example/?a=<b>",
    },
    "other guid": {"guid": "urn:uuid:none", "summary": "<b>&nbsp;</b>", "language": "en-x"},
}
ARCHIVE = {
    relation: Page(f"/archive/2026/0{number}/") for number, relation in enumerate(["prev-archive", "current"], 1)
}
SEARCH = {
    relation: Page("/search/", f"q=%C3%BC&page={number}")
    for number, relation in enumerate(["first", "next", "last"], 1)
}
KINDS: dict[str, dict[str, Any]] = {
    "site": {},
    "section": {"scope": Label(LabelKind.SECTION, "r&amp;d")},
    "tag": {"scope": Label(LabelKind.TAG, "👩‍👩‍👧")},
    "author": {"scope": Label(LabelKind.AUTHOR, 'ann-"the-pen"-<x>')},
    "year": {"scope": Period(2026)},
    "month": {"scope": Period(2026, 3)},
    "day": {"scope": Period(2026, 3, 14)},
    "volume": {"page": Page("/archive/2026/02/"), "links": ARCHIVE, "is_archive": True},
    "search": {"page": Page("/search/", "q=%C3%BC&page=2"), "links": SEARCH},
    "tombstones": {"tombstones": [Tombstone(guid, guid, NOON, NOON.date()) for guid in ("tag:x.example,2026:1", "<>")]},
}


def articles() -> list[Article]:
    return [
        an_article(id=f"a{number}", now=NOON - timedelta(hours=number), **fields)
        for number, fields in enumerate(NASTY.values())
    ]


def written(
    kind: str, shown: list[Article], site: Site, content_level: ContentLevel = ContentLevel.FULL
) -> dict[Format, bytes]:
    options = dict(KINDS[kind])
    spec = spec_for(options.pop("scope", None), site, IDENTITY)
    documents = FeedBuilder(site, IDENTITY, content_levels=ContentLevels(content_level)).build(
        spec, shown, options.pop("tombstones", ()), **options
    )
    return dict(zip(FORMATS.values(), (document.body for document in documents), strict=True))


@pytest.mark.parametrize("site", [a_full_site(), Site(title="", language="?")], ids=["full", "bare"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content_level", ContentLevel)
@pytest.mark.parametrize("shown", [articles(), articles()[:1], []], ids=["many", "one", "none"])
def test_every_kind_of_feed_follows_its_schema(
    kind: str, shown: list[Article], site: Site, content_level: ContentLevel
) -> None:
    bodies = written(kind, shown, site, content_level)
    atom = etree.fromstring(bodies[ATOM])
    assert ATOM_SCHEMA.validate(atom), ATOM_SCHEMA.error_log
    JSON_SCHEMA.validate(json.loads(bodies[JSON]))
    assert problems_of_rss(bodies[RSS]) == []
    assert len(atom.findall("{*}entry")) == len(json.loads(bodies[JSON])["items"]) == len(shown)


def problems_of_rss(body: bytes) -> list[str]:
    """Violations of the specification (rssboard.org/rss-specification), which has no schema."""
    root = etree.fromstring(body)
    [channel] = root
    problems = [] if root.get("version") == "2.0" else ["the version is missing"]
    problems += [f"no {name}" for name in ("title", "link", "description") if not channel.findtext(name)]
    for item in channel.findall("item"):
        counted = Counter(child.tag for child in item)
        problems += [f"{counted[name]} × {name}" for name in ONCE_IN_AN_ITEM if counted[name] > 1]
        if not item.findtext("title") and not item.findtext("description"):
            problems.append("an item without title and description")
        problems += [
            "an enclosure that lacks something"
            for enclosure in item.findall("enclosure")
            if not all(enclosure.get(name) for name in ("url", "length", "type"))
        ]
    return problems


def test_the_check_of_rss_finds_an_error() -> None:
    body = written("site", articles()[:1], a_full_site())[RSS]
    assert problems_of_rss(body.replace(b"</item>", b"<link>x</link></item>")) == ["2 × link"]


def test_an_article_that_validation_would_refuse_breaks_no_feed() -> None:
    wild = replace(articles()[0], title="\ud800\0", summary="\udc00", tags=("\0", *map(str, range(1_000))), guid="<>")
    assert problems_of_rss(written("site", [wild], a_full_site())[RSS]) == []
    atom = etree.fromstring(written("site", [wild], a_full_site())[ATOM])
    assert ATOM_SCHEMA.validate(atom), ATOM_SCHEMA.error_log
