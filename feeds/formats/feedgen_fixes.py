"""Repairs of feedgen: elements of any namespace, complete links, locale-independent dates, entries rendered separately.

docs/decisions/feedgen-repairs.md explains each. They rely on private parts of feedgen, guarded by
tests/feeds/formats/test_feedgen_private_parts.py."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree  # before feedgen, whose util module uses lxml.etree without importing it

import feedgen.entry  # isort: skip
import feedgen.feed  # isort: skip
from feedgen.ext.base import BaseExtension  # isort: skip

from feeds.channel import GENERATOR, Channel
from feeds.html_lookalikes import looks_like_html

ATOM = "http://www.w3.org/2005/Atom"
ATOM_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
PODCAST = "https://podcastindex.org/namespace/1.0"
ABOUT_TITLE = "What this feed is, and how to subscribe"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_PLAIN_TEXT = ("title", "summary")
_LINK_ATTRIBUTES = ("rel", "type", "hreflang", "title", "length")


def rfc822(instant: datetime) -> str:
    """`Thu, 14 Dec 2023 09:30:00 GMT` (RFC 822 §5.1 with the four-digit year of RFC 1123 §5.2.14).

    The weekday is optional. It is omitted before the year 100: programs read 0099 as 1999, and it would be wrong."""
    text = format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)
    return text if instant.year >= 100 else text.partition(", ")[2]


# feedgen's own calls setlocale, which is process-wide: a thread could leave all others in another locale.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = rfc822


@dataclass(frozen=True, slots=True)
class Element:
    """An element of any namespace; `tag` is in Clark notation, `{namespace}name`."""

    tag: str
    text: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Element, ...] = ()

    def append_to(self, parent: Any) -> None:
        element = etree.SubElement(parent, self.tag, dict(self.attributes))
        element.text = self.text
        for child in self.children:
            child.append_to(element)


class FeedgenEntry(feedgen.entry.FeedEntry):  # type: ignore[misc]
    """A feedgen entry that writes all link attributes, and accepts a language and elements of any namespace."""

    def __init__(self) -> None:
        super().__init__()
        self._language: str | None = None
        self._elements: list[Element] = []

    def language(self, tag: str) -> None:
        """Set `xml:lang`. Atom only: RSS has no such attribute."""
        self._language = tag

    def add_element(self, tag: str, text: str | None = None, **attributes: str) -> None:
        """Add an element after all others."""
        self.add(Element(tag, text, attributes))

    def add(self, element: Element) -> None:
        self._elements.append(element)

    def atom_entry(self, extensions: bool = True) -> Any:
        element = super().atom_entry(extensions)
        # feedgen copies the attributes from the new, empty element instead of from the link.
        for written, link in zip(element.findall("link"), self.link() or [], strict=True):
            for name in _LINK_ATTRIBUTES:
                if link.get(name):
                    written.set(name, link[name])
        if self._language:
            element.set(XML_LANG, self._language)
        _declare_html(element)
        return self._extended(element)

    def rss_entry(self, extensions: bool = True) -> Any:
        return self._extended(super().rss_entry(extensions))

    def _extended(self, element: Any) -> Any:
        for one in self._elements:
            one.append_to(element)
        return element


class Extras(BaseExtension):  # type: ignore[misc]
    """A feedgen extension: elements after the feed's own, and namespace declarations for the feed and its entries.

    `attributes` are set on the root of an Atom feed."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self.namespaces = dict(namespaces)
        self.elements: list[Element] = []
        self.attributes: dict[str, str] = {}

    def add_element(self, tag: str, text: str | None = None, **attributes: str) -> None:
        self.add(Element(tag, text, attributes))

    def add(self, element: Element) -> None:
        self.elements.append(element)

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_atom(self, atom_feed: Any) -> Any:
        atom_feed.attrib.update(self.attributes)
        for element in self.elements:
            element.append_to(atom_feed)
        return atom_feed

    def extend_rss(self, rss_feed: Any) -> Any:
        for element in self.elements:
            element.append_to(rss_feed[0])  # the channel
        return rss_feed


def _declare_html(entry: Any) -> None:
    """Escape text that looks like HTML and declare it as `type="html"`, so that it is shown as text (RFC 4287 §3.1.1)."""
    for name in _PLAIN_TEXT:
        element = entry.find(name)
        if element is not None and element.get("type") is None and looks_like_html(element.text or ""):
            element.set("type", "html")
            element.text = html.escape(element.text, quote=False)


def new_feed(channel: Channel, namespaces: Mapping[str, str]) -> Any:
    """A feedgen feed with the common channel fields. `feed.extras` is an `Extras`.

    Sets generator and date: feedgen's defaults change with its version and with each build."""
    feed = feedgen.feed.FeedGenerator()
    feed.register_extension("extras", lambda: Extras(namespaces))
    feed.title(channel.title)
    feed.generator(GENERATOR)
    feed.updated(channel.updated)
    if channel.language:
        feed.language(channel.language)
    feed.link(href=channel.address, rel="self", type=channel.format.link_type)
    feed.link(href=channel.home, rel="alternate")  # last: feedgen's RSS <link> is the last link added
    return feed


def document_links(channel: Channel) -> list[dict[str, str]]:
    """The attributes of `atom:link` elements: to the hub, the page about the feed, and the feed's other documents.

    The page about the feed is `related`: `alternate` is the page with the same articles, and readers expect one."""
    links = [{"rel": "hub", "href": channel.hub}] if channel.hub else []
    links.append({"rel": "related", "href": channel.about, "type": "text/html", "title": ABOUT_TITLE})
    for relation in channel.links:
        href = channel.link(relation)
        if href is not None:
            links.append({"rel": relation, "href": href, "type": channel.format.link_type})
    return links


def fragment(element: Any, namespaces: Mapping[str, str]) -> bytes:
    """The bytes of an entry, for a document whose root declares the namespaces."""
    root = etree.Element("root", nsmap=dict(namespaces))
    declarations = etree.tostring(etree.SubElement(root, "x"))[len("<x") : -len("/>")]
    root.append(element)
    return etree.tostring(element, encoding="UTF-8").replace(declarations, b"", 1)
