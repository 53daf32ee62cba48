"""Whole documents, to be read by people. `python -m tests.feeds.test_golden` writes them anew."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from archive.article import Label, LabelKind
from feeds.build import FeedBuilder
from feeds.spec import Format, Scope, spec_for
from tests.builders import NOON, SITE, an_article
from tests.feeds.reading import IDENTITY

FOLDER = Path(__file__).parent / "golden"
SCOPES: dict[str, Scope] = {"site": None, "tag": Label(LabelKind.TAG, "el-niño")}


def documents() -> dict[str, str]:
    """Every golden document by its file name, laid out for reading."""
    full = an_article(
        id="full",
        now=NOON,
        title="Tides & <times>: 潮汐 🌊",
        slug="tides-times",
        summary="The sea <rises> & falls.",
        content_html='<p>See <a href="/about#us">us</a>: ]]&gt; <img src="a.png" srcset="a.png 1x, /b.png 2x"></p>',
        authors=[{"name": "Ann Õun", "uri": "https://ann.example/", "email": "ann@example.org"}, "Bob & Co"],
        section="Sea",
        tags=["El Niño", "C++"],
        language="pt-BR",
        image="https://news.example.org/i.png",
        enclosures=[
            {"url": "https://news.example.org/a.mp3", "type": "audio/mpeg", "length": 123456, "title": "Sound"},
            {"url": "https://news.example.org/b.pdf", "type": "application/pdf"},
        ],
    )
    plain = an_article(id="plain", now=NOON - timedelta(days=1), title="Plain", content_text="Only text.")
    empty = an_article(id="empty", now=NOON - timedelta(days=2), title="No words", content_text="")
    site = replace(SITE, description="News of the <sea>")
    builder = FeedBuilder(site, IDENTITY)
    written = {}
    for name, scope in SCOPES.items():
        spec = spec_for(scope, site, IDENTITY, "El Niño" if scope else None)
        for document in builder.build(spec, [] if scope else [full, plain, empty]):
            suffix = document.path.rpartition(".")[2]
            written[f"{name}.{suffix}"] = laid_out(document.body, Format(suffix))
    return written


def laid_out(body: bytes, feed_format: Format) -> str:
    if feed_format is Format.JSON:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"
    root = etree.fromstring(body)
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"


@pytest.mark.parametrize("name", [f"{scope}.{feed_format}" for scope in SCOPES for feed_format in Format])
def test_the_document_is_as_it_was(name: str):
    assert documents()[name] == (FOLDER / name).read_text()


if __name__ == "__main__":
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
