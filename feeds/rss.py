"""RSS 2.0 with content:encoded, dc:creator and atom:link: articles in, bytes out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from archive.instants import rfc3339
from archive.site import Site
from feeds.extensions import ATOM, CONTENT, DC, MEDIA, Entry, assemble, fragment, new_feed
from feeds.item import Channel, Item
from feeds.spec import Format

NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC, "media": MEDIA}

_PLAIN_TEXT = re.compile(rb"<(?:title|category|description|dc:creator)(?: [^>]*)?>[^<]+")


def write_entry(item: Item, site: Site) -> bytes:
    """One article as it stands in every RSS feed that holds it."""
    return spelt_out(fragment(build_entry(item, site).rss_entry(), NAMESPACES))


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from entries that write_entry has written."""
    return assemble(spelt_out(build_shell(channel).rss_str()), b"</channel></rss>", entries)


def spelt_out(document: bytes) -> bytes:
    """The same XML with "&" and "<" of plain text as hexadecimal references (RSS Best Practices Profile §5.1).

    Readers that unescape such text twice then still show "AT&T" and "<SRD>" as they were written."""
    return _PLAIN_TEXT.sub(
        lambda text: text[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;").replace(b"&gt;", b"&#x3E;"),
        document,
    )


def build_shell(channel: Channel) -> Any:
    """The channel without its items, as feedgen has it."""
    address = channel.site.absolute(channel.spec.path(Format.RSS))
    feed = new_feed(channel, address=address, media_type=Format.RSS.media_type)
    feed.description(channel.description or channel.title)  # mandatory in RSS
    return feed


def build_entry(item: Item, site: Site) -> Entry:
    """One article as feedgen has it.

    Titles are plain text, escaped once. Descriptions are HTML by custom, so plain text is escaped for
    that first. RSS allows one enclosure: the first."""
    entry = Entry()
    entry.guid(item.guid, permalink=False)
    entry.title(item.title)
    entry.published(item.published)
    entry.link(href=item.url, rel="alternate")
    entry.summary(html.escape(item.abstract, quote=False))
    if item.content:
        entry.content(item.content)
    if item.section:
        entry.category(term=item.section, scheme=site.absolute("/sections/"))
    for tag in item.tags:
        entry.category(term=tag)
    for enclosure in item.enclosures[:1]:
        entry.enclosure(enclosure.url, enclosure.length, enclosure.type)
    for author in item.authors:
        entry.add_element(f"{{{DC}}}creator", author.name)  # <author> is for e-mail addresses only
    if item.language:
        entry.language(item.language)
    if item.image:
        entry.add_element(f"{{{MEDIA}}}thumbnail", url=item.image)
    entry.add_element(f"{{{ATOM}}}updated", rfc3339(item.updated))
    return entry
