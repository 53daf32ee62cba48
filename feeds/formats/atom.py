"""Atom 1.0 (RFC 4287) with archives (RFC 5005) and tombstones (RFC 6721): articles in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archive.article import Role
from archive.site import Site
from archive.timestamps import rfc3339
from feeds.channel import Channel
from feeds.entry import FeedEntry
from feeds.formats.feedgen_fixes import (
    ATOM_TOMBSTONES,
    HISTORY,
    MEDIA,
    XML_BASE,
    FeedgenEntry,
    document_links,
    fragment,
    new_feed,
)
from feeds.formats.writer import Writer, assemble

NAMESPACES = {"media": MEDIA, "at": ATOM_TOMBSTONES, "fh": HISTORY}
_END = b"</feed>"


def write_entry(entry: FeedEntry, site: Site) -> bytes:
    """One article, the same bytes in every Atom feed that lists it."""
    return fragment(build_entry(entry, site).atom_entry(), NAMESPACES)


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from entries written by `write_entry`."""
    return assemble(build_shell(channel).atom_str(), _END, entries)


def build_shell(channel: Channel) -> Any:
    """The feed without its entries, as a feedgen object."""
    feed = new_feed(channel, NAMESPACES)
    feed.extras.attributes[XML_BASE] = channel.address
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
    for link in document_links(channel):
        feed.extras.add_element("link", **link)  # without a namespace: feedgen writes xmlns as an attribute
    if channel.is_archive:
        feed.extras.add_element(f"{{{HISTORY}}}archive")
    for deleted in channel.deleted:
        feed.extras.add_element(f"{{{ATOM_TOMBSTONES}}}deleted-entry", ref=deleted.iri, when=rfc3339(deleted.when))
    return feed


def build_entry(entry: FeedEntry, site: Site) -> FeedgenEntry:
    """One article, as a feedgen object."""
    built = FeedgenEntry()
    built.id(entry.iri)
    built.title(entry.title)
    built.published(entry.published)
    built.updated(entry.updated)
    built.link(href=entry.url, rel="alternate", type="text/html")
    if entry.related:
        built.link(href=entry.related, rel="related")
    for enclosure in entry.enclosures:
        length = str(enclosure.length) if enclosure.length else None
        built.link(href=enclosure.url, rel="enclosure", type=enclosure.type, title=enclosure.title, length=length)
    for author in entry.authors:
        add = built.contributor if author.role is Role.CONTRIBUTOR else built.author
        add(name=author.name, uri=author.uri, email=author.email)
    if entry.section:
        built.category(term=entry.section, scheme=site.absolute("/sections/"))
    for tag in entry.tags:
        built.category(term=tag, scheme=site.absolute("/tags/"))
    if entry.content:
        built.content(entry.content, type="html")
    if entry.summary or not entry.content:
        built.summary(entry.summary or entry.abstract)
    if entry.language:
        built.language(entry.language)
    if entry.image:
        built.add_element(f"{{{MEDIA}}}thumbnail", url=entry.image)
    return built


WRITER = Writer(write_entry, write_feed, _END, names_tombstones=True)
