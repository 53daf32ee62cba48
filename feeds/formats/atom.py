"""Atom 1.0 (RFC 4287) with archives (RFC 5005) and tombstones (RFC 6721): articles in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archive.article import Role
from archive.site import Site
from archive.timestamps import rfc3339
from feeds.channel import Channel
from feeds.entry import Item
from feeds.formats.feedgen_fixes import (
    ATOM_TOMBSTONES,
    HISTORY,
    MEDIA,
    XML_BASE,
    Entry,
    assemble,
    document_links,
    fragment,
    new_feed,
)
from feeds.spec import Format

NAMESPACES = {"media": MEDIA, "at": ATOM_TOMBSTONES, "fh": HISTORY}
END = b"</feed>"


def write_entry(item: Item, site: Site) -> bytes:
    """One article as it stands in every Atom feed that holds it."""
    return fragment(build_entry(item, site).atom_entry(), NAMESPACES)


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from entries that write_entry has written."""
    return assemble(build_shell(channel).atom_str(), END, entries)


def build_shell(channel: Channel) -> Any:
    """The feed without its entries, as feedgen has it."""
    feed = new_feed(channel, Format.ATOM, NAMESPACES)
    feed.extras.attributes[XML_BASE] = channel.address(Format.ATOM)
    feed.id(channel.spec.id)
    feed.author(name=channel.author)
    if channel.description:
        feed.subtitle(channel.description)
    if channel.rights:
        feed.rights(channel.rights)
    if channel.icon:
        feed.icon(channel.icon)
    if channel.logo:
        feed.logo(channel.logo)
    for link in document_links(channel, Format.ATOM):
        feed.extras.add_element("link", **link)  # without a namespace: feedgen writes xmlns as an attribute
    if channel.is_archive:
        feed.extras.add_element(f"{{{HISTORY}}}archive")
    for gone in channel.gone:
        feed.extras.add_element(f"{{{ATOM_TOMBSTONES}}}deleted-entry", ref=gone.iri, when=rfc3339(gone.when))
    return feed


def build_entry(item: Item, site: Site) -> Entry:
    """One article as feedgen has it."""
    entry = Entry()
    entry.id(item.iri)
    entry.title(item.title)
    entry.published(item.published)
    entry.updated(item.updated)
    entry.link(href=item.url, rel="alternate", type="text/html")
    if item.related:
        entry.link(href=item.related, rel="related")
    for enclosure in item.enclosures:
        length = str(enclosure.length) if enclosure.length else None
        entry.link(href=enclosure.url, rel="enclosure", type=enclosure.type, title=enclosure.title, length=length)
    for author in item.authors:
        add = entry.contributor if author.role is Role.CONTRIBUTOR else entry.author
        add(name=author.name, uri=author.uri, email=author.email)
    if item.section:
        entry.category(term=item.section, scheme=site.absolute("/sections/"))
    for tag in item.tags:
        entry.category(term=tag, scheme=site.absolute("/tags/"))
    if item.content:
        entry.content(item.content, type="html")
    if item.summary or not item.content:
        entry.summary(item.summary or item.abstract)
    if item.language:
        entry.language(item.language)
    if item.image:
        entry.add_element(f"{{{MEDIA}}}thumbnail", url=item.image)
    return entry
