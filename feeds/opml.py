"""OPML 2.0 (opml.org/spec2.opml): subscription lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lxml import etree

from feeds.entry import xml_safe

MEDIA_TYPE = "text/x-opml; charset=utf-8"


class Outline(NamedTuple):
    """One feed in the list. Both URLs are absolute."""

    title: str
    xml_url: str
    html_url: str


def write(title: str, outlines: Iterable[Outline]) -> bytes:
    """The subscription list, in the given order. `type` is always "rss": the specification defines no other."""
    document = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(document, "head"), "title").text = xml_safe(title)
    body = etree.SubElement(document, "body")
    for outline in outlines:
        name = xml_safe(outline.title)
        etree.SubElement(
            body, "outline", type="rss", text=name, title=name, xmlUrl=outline.xml_url, htmlUrl=outline.html_url
        )
    return etree.tostring(document, encoding="UTF-8", xml_declaration=True, pretty_print=True)
