"""RSS 2.0 with content:encoded, dc:creator, atom:link, media: and what podcasts need: articles in, bytes out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archive.article import Enclosure, Role
from archive.site import Site
from archive.timestamps import rfc3339
from feeds.channel import Channel
from feeds.entry import Item
from feeds.formats.feedgen_fixes import (
    ATOM,
    CONTENT,
    DC,
    HISTORY,
    ITUNES,
    MEDIA,
    PODCAST,
    Element,
    Entry,
    assemble,
    document_links,
    fragment,
    new_feed,
)
from feeds.formats.podcasts import category_path
from feeds.html_lookalikes import without_tags
from feeds.spec import Format

NAMESPACES = {
    "atom": ATOM,
    "content": CONTENT,
    "dc": DC,
    "fh": HISTORY,
    "itunes": ITUNES,
    "media": MEDIA,
    "podcast": PODCAST,
}
END = b"</channel></rss>"
TTL = 60  # minutes after which a reader without other knowledge may look again

_PLAIN_TEXT = re.compile(
    rb"<(?:title|category|description|copyright|managingEditor|dc:creator|dc:contributor"
    rb"|media:title|itunes:title|itunes:author|itunes:name)(?: [^>]*)?>[^<]+"
)


def write_entry(item: Item, site: Site) -> bytes:
    """One article as it stands in every RSS feed that holds it."""
    return spelt_out(fragment(build_entry(item, site).rss_entry(), NAMESPACES))


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from entries that write_entry has written."""
    return assemble(spelt_out(build_shell(channel).rss_str()), END, entries)


def spelt_out(document: bytes) -> bytes:
    """The same XML with "&" and "<" of plain text as hexadecimal references (RSS Best Practices Profile §5.1).

    Readers that unescape such text twice then still show "AT&T" and "<SRD>" as they were written."""
    return _PLAIN_TEXT.sub(
        lambda text: text[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;").replace(b"&gt;", b"&#x3E;"),
        document,
    )


def build_shell(channel: Channel) -> Any:
    """The channel without its items, as feedgen has it."""
    feed = new_feed(channel, Format.RSS, NAMESPACES)
    feed.description(channel.description or channel.title)  # mandatory in RSS
    feed.ttl(TTL)
    if channel.rights:
        feed.copyright(channel.rights)
    if channel.editor:
        feed.managingEditor(channel.editor)
    if channel.logo:
        feed.image(channel.logo)
    for link in document_links(channel, Format.RSS):
        feed.extras.add_element(f"{{{ATOM}}}link", **link)
    if channel.is_archive:
        feed.extras.add_element(f"{{{HISTORY}}}archive")
    if channel.medium:
        for element in _podcast(channel, channel.medium):
            feed.extras.add(element)
    return feed


def build_entry(item: Item, site: Site) -> Entry:
    """One article as feedgen has it.

    Titles are plain text, escaped once. Descriptions are HTML by custom, so plain text is escaped for
    that first. RSS allows one enclosure: the first recording, which is what podcast players look for,
    or else the first file; `media:content` has them all."""
    entry = Entry()
    entry.guid(item.guid, permalink=False)
    entry.title(without_tags(item.title))
    entry.published(item.published)
    entry.link(href=item.url, rel="alternate")
    entry.summary(html.escape(item.abstract, quote=False))
    if item.content:
        entry.content(item.content)
    if item.section:
        entry.category(term=item.section, scheme=site.absolute("/sections/"))
    for tag in item.tags:
        entry.category(term=tag, scheme=site.absolute("/tags/"))
    for enclosure in (*item.recordings, *item.enclosures)[:1]:
        entry.enclosure(enclosure.url, enclosure.length, enclosure.type)
    for element in _additions(item, site):
        entry.add(element)
    return entry


def _additions(item: Item, site: Site) -> Iterator[Element]:
    """What RSS itself has no word for."""
    for author in item.authors:
        term = "contributor" if author.role is Role.CONTRIBUTOR else "creator"
        yield Element(f"{{{DC}}}{term}", author.name)  # <author> is for e-mail addresses only
    if item.language:
        yield Element(f"{{{DC}}}language", item.language)
    if item.image:
        yield Element(f"{{{MEDIA}}}thumbnail", None, {"url": item.image})
    for enclosure in item.enclosures:
        yield _media_content(enclosure)
    if item.recordings:
        yield from _episode(item, site)
    if item.related:
        yield Element(f"{{{ATOM}}}link", None, {"rel": "related", "href": item.related})
    yield Element(f"{{{ATOM}}}updated", rfc3339(item.updated))


def _media_content(enclosure: Enclosure) -> Element:
    """A file of any kind (rssboard.org/media-rss#media-content)."""
    attributes = {"url": enclosure.url, "type": enclosure.type}
    if enclosure.length:
        attributes["fileSize"] = str(enclosure.length)
    if enclosure.duration:
        attributes["duration"] = str(enclosure.duration)
    kind = enclosure.type.partition("/")[0]
    attributes["medium"] = kind if kind in ("audio", "video", "image") else "document"
    title = Element(f"{{{MEDIA}}}title", enclosure.title, {"type": "plain"})
    return Element(f"{{{MEDIA}}}content", None, attributes, (title,) if enclosure.title else ())


def _episode(item: Item, site: Site) -> Iterator[Element]:
    """What podcast players show of an article that brings a recording.

    No `itunes:summary`, which is `description` again: feedparser takes it for the content."""
    yield Element(f"{{{ITUNES}}}title", without_tags(item.title))
    if authors := [author.name for author in item.authors if author.role is Role.AUTHOR]:
        yield Element(f"{{{ITUNES}}}author", ", ".join(authors))
    if item.image:
        yield Element(f"{{{ITUNES}}}image", None, {"href": item.image})
    if duration := item.recordings[0].duration:
        yield Element(f"{{{ITUNES}}}duration", str(duration))
    yield Element(f"{{{ITUNES}}}explicit", _explicit(site))


def _podcast(channel: Channel, medium: str) -> Iterator[Element]:
    """What podcast directories want to know of a feed that brings recordings."""
    yield Element(f"{{{ITUNES}}}author", channel.author)
    yield Element(f"{{{ITUNES}}}type", channel.site.podcast_type)
    yield Element(f"{{{ITUNES}}}explicit", _explicit(channel.site))
    yield _category(category_path(channel.site.podcast_category))
    if channel.logo:
        yield Element(f"{{{ITUNES}}}image", None, {"href": channel.logo})
    if channel.editor:
        address, _, name = channel.editor.partition(" ")
        owner = (
            Element(f"{{{ITUNES}}}name", name.strip("() ") or channel.author),
            Element(f"{{{ITUNES}}}email", address),
        )
        yield Element(f"{{{ITUNES}}}owner", children=owner)
        yield Element(f"{{{PODCAST}}}locked", "no", {"owner": address})
    yield Element(f"{{{PODCAST}}}guid", channel.podcast_guid)
    yield Element(f"{{{PODCAST}}}medium", medium)


def _explicit(site: Site) -> str:
    return "true" if site.podcast_explicit else "false"


def _category(path: Sequence[str]) -> Element:
    children = (_category(path[1:]),) if path[1:] else ()
    return Element(f"{{{ITUNES}}}category", None, {"text": path[0]}, children)
