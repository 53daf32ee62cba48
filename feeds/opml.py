"""OPML 2.0 (opml.org/spec2.opml): a list of feeds to subscribe to in one step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lxml import etree

from feeds.entry import carriable

MEDIA_TYPE = "text/x-opml; charset=utf-8"


class Outline(NamedTuple):
    """One feed in the list. Both addresses are absolute."""

    title: str
    xml_url: str
    html_url: str


def write(title: str, outlines: Iterable[Outline]) -> bytes:
    """The subscription list, in the order given. `type` is "rss" for every format: the specification defines no other."""
    document = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(document, "head"), "title").text = carriable(title)
    body = etree.SubElement(document, "body")
    for outline in outlines:
        name = carriable(outline.title)
        etree.SubElement(
            body, "outline", type="rss", text=name, title=name, xmlUrl=outline.xml_url, htmlUrl=outline.html_url
        )
    return etree.tostring(document, encoding="UTF-8", xml_declaration=True, pretty_print=True)
