"""Golden documents, indented for review. `python -m tests.feeds.formats.test_golden` rewrites them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from lxml import etree

from archive.article import Article
from archive.labels import Label, LabelKind
from archive.site import Site
from archive.store.listings import Tombstone
from archive.urls import Scope
from feeds.builder import FeedBuilder
from feeds.channel import Page
from feeds.content_level import ContentLevel, ContentLevels
from feeds.format import FORMATS, Format
from feeds.spec import spec_for
from tests.feeds.reading import IDENTITY, a_full_site
from tests.support import builders
from tests.support.builders import NOON, an_article

FOLDER = Path(__file__).parent / "golden"
SITE = replace(builders.SITE, description="News of the <sea>")
CONTRIBUTOR = {"name": "Cy", "role": "contributor"}
FULL = an_article(
    id="full",
    now=NOON,
    title="Tides & <times>: 潮汐 🌊",
    slug="tides-times",
    summary="The sea <rises> & falls.",
    content_html='<p>See <a href="/about#us">us</a>: ]]&gt; <img src="a.png" srcset="a.png 1x, /b.png 2x"></p>',
    authors=[{"name": "Ann Õun", "uri": "https://ann.example/", "email": "ann@example.org"}, "Bob & Co", CONTRIBUTOR],
    section="Sea",
    tags=["El Niño", "C++"],
    language="pt-BR",
    image="https://news.example.org/i.png",
    enclosures=[
        {
            "url": "https://news.example.org/a.mp3",
            "type": "audio/mpeg",
            "length": 123456,
            "title": "Sound",
            "duration": 61,
        },
        {"url": "https://news.example.org/b.pdf", "type": "application/pdf"},
    ],
)
PLAIN = an_article(
    id="plain", now=NOON - timedelta(days=1), title="Plain </b>", slug="plain", content_text="Only text. " * 40
)
EMPTY = an_article(id="empty", now=NOON - timedelta(days=2), title="No words", content_text="")
WITHDRAWN = Tombstone("gone", "tag:news.example.org,2026-03-10:gone", NOON - timedelta(hours=1), NOON.date())
VOLUMES = {
    relation: Page(path)
    for relation, path in (
        ("prev-archive", "/archive/2026/02/"),
        ("next-archive", "/archive/2026/03/2/"),
        ("current", "/"),
    )
}


class Golden(NamedTuple):
    """A feed to build. `options` are those of FeedBuilder.build."""

    articles: Sequence[Article] = ()
    scope: Scope = None
    site: Site = SITE
    content_level: ContentLevel = ContentLevel.FULL
    options: Mapping[str, Any] = MappingProxyType({})


GOLDEN: dict[str, Golden] = {
    "site": Golden([FULL, PLAIN, EMPTY]),
    "tag": Golden(scope=Label(LabelKind.TAG, "el-niño")),
    "summary": Golden([FULL, PLAIN, EMPTY], content_level=ContentLevel.SUMMARY),
    "podcast": Golden([FULL], site=a_full_site()),
    "gone": Golden([PLAIN], options={"tombstones": [WITHDRAWN]}),
    "volume": Golden([PLAIN], options={"page": Page("/archive/2026/03/"), "links": VOLUMES, "is_archive": True}),
}


def documents() -> dict[str, str]:
    """Every golden document by file name, indented."""
    written = {}
    for name, golden in GOLDEN.items():
        spec = spec_for(golden.scope, golden.site, IDENTITY, "El Niño" if golden.scope else None)
        builder = FeedBuilder(golden.site, IDENTITY, content_levels=ContentLevels(golden.content_level))
        for document in builder.build(spec, golden.articles, **golden.options):
            suffix = document.path.rpartition(".")[2]
            written[f"{name}.{suffix}"] = laid_out(document.body, FORMATS[f"feed.{suffix}"])
    return written


def laid_out(body: bytes, feed_format: Format) -> str:
    if feed_format.link_type.endswith("json"):
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"
    if not feed_format.link_type.endswith("xml"):
        return body.decode()
    root = etree.fromstring(body)
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"


@pytest.mark.parametrize("name", [f"{name}.{feed_format}" for name in GOLDEN for feed_format in FORMATS.values()])
def test_the_document_has_not_changed(name: str) -> None:
    assert documents()[name] == (FOLDER / name).read_text()


if __name__ == "__main__":
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
