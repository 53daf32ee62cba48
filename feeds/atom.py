"""Atom 1.0 (RFC 4287): articles in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archive.site import Site
from feeds.extensions import MEDIA, Entry, assemble, fragment, new_feed
from feeds.item import Channel, Item
from feeds.spec import Format

NAMESPACES = {"media": MEDIA}


def write_entry(item: Item, site: Site) -> bytes:
    """One article as it stands in every Atom feed that holds it."""
    return fragment(build_entry(item, site).atom_entry(), NAMESPACES)


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from entries that write_entry has written."""
    return assemble(build_shell(channel).atom_str(), b"</feed>", entries)


def build_shell(channel: Channel) -> Any:
    """The feed without its entries, as feedgen has it."""
    address = channel.site.absolute(channel.spec.path(Format.ATOM))
    feed = new_feed(channel, address=address, media_type=Format.ATOM.media_type)
    feed.id(channel.spec.id)
    feed.author(name=channel.author)
    if channel.description:
        feed.subtitle(channel.description)
    return feed


def build_entry(item: Item, site: Site) -> Entry:
    """One article as feedgen has it."""
    entry = Entry()
    entry.id(item.iri)
    entry.title(item.title)
    entry.published(item.published)
    entry.updated(item.updated)
    entry.link(href=item.url, rel="alternate", type="text/html")
    for enclosure in item.enclosures:
        length = str(enclosure.length) if enclosure.length else None
        entry.link(href=enclosure.url, rel="enclosure", type=enclosure.type, title=enclosure.title, length=length)
    for author in item.authors:
        entry.author(name=author.name, uri=author.uri, email=author.email)
    if item.section:
        entry.category(term=item.section, scheme=site.absolute("/sections/"))
    for tag in item.tags:
        entry.category(term=tag)
    if item.content:
        entry.content(item.content, type="html")
    if item.summary or not item.content:
        entry.summary(item.summary or item.abstract)
    if item.language:
        entry.language(item.language)
    if item.image:
        entry.add_element(f"{{{MEDIA}}}thumbnail", url=item.image)
    return entry
