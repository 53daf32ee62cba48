"""RSS 2.0 with the modules content:, dc:, atom:, media:, itunes:, podcast: and fh:."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archive.article import Enclosure, Role
from archive.site import Site
from archive.timestamps import rfc3339
from feeds.channel import Channel
from feeds.entry import FeedEntry
from feeds.formats.feedgen_fixes import (
    ATOM,
    CONTENT,
    DC,
    HISTORY,
    ITUNES,
    MEDIA,
    PODCAST,
    Element,
    FeedgenEntry,
    document_links,
    fragment,
    new_feed,
)
from feeds.formats.podcasts import category_path
from feeds.formats.writer import Writer, assemble
from feeds.html_lookalikes import without_tags

NAMESPACES = {
    "atom": ATOM,
    "content": CONTENT,
    "dc": DC,
    "fh": HISTORY,
    "itunes": ITUNES,
    "media": MEDIA,
    "podcast": PODCAST,
}
_END = b"</channel></rss>"
TTL = 60  # `ttl` in minutes: the polling interval for readers that ignore Cache-Control

_PLAIN_TEXT = re.compile(
    rb"<(?:title|category|description|copyright|managingEditor|dc:creator|dc:contributor"
    rb"|media:title|itunes:title|itunes:author|itunes:name)(?: [^>]*)?>[^<]+"
)


def write_entry(entry: FeedEntry, site: Site) -> bytes:
    """One article, the same bytes in every RSS feed that lists it."""
    return with_hexadecimal_references(fragment(build_entry(entry, site).rss_entry(), NAMESPACES))


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from items written by `write_entry`."""
    return assemble(with_hexadecimal_references(build_shell(channel).rss_str()), _END, entries)


def with_hexadecimal_references(document: bytes) -> bytes:
    """The XML with "&", "<" and ">" in plain-text elements as hexadecimal references (RSS Best Practices Profile §5.1).

    Readers that unescape such text twice still show "AT&T" and "<SRD>" as written."""
    return _PLAIN_TEXT.sub(
        lambda text: text[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;").replace(b"&gt;", b"&#x3E;"),
        document,
    )


def build_shell(channel: Channel) -> Any:
    """The channel without its items, as a feedgen object."""
    feed = new_feed(channel, NAMESPACES)
    feed.description(channel.description or channel.title)  # mandatory in RSS
    feed.ttl(TTL)
    if channel.rights:
        feed.copyright(channel.rights)
    if channel.editor:
        feed.managingEditor(channel.editor)
    if channel.logo:
        feed.image(channel.logo)
    for link in document_links(channel):
        feed.extras.add_element(f"{{{ATOM}}}link", **link)
    if channel.is_archive:
        feed.extras.add_element(f"{{{HISTORY}}}archive")
    if channel.medium:
        for element in _podcast(channel, channel.medium):
            feed.extras.add(element)
    return feed


def build_entry(entry: FeedEntry, site: Site) -> FeedgenEntry:
    """One article, as a feedgen object.

    The title is plain text, escaped once. Readers treat the description as HTML, so its plain text is escaped twice.
    RSS allows one enclosure: the first recording, for podcast players, else the first file. `media:content` has all."""
    built = FeedgenEntry()
    built.guid(entry.guid, permalink=False)
    built.title(without_tags(entry.title))
    built.published(entry.published)
    built.link(href=entry.url, rel="alternate")
    built.summary(html.escape(entry.abstract, quote=False))
    if entry.content:
        built.content(entry.content)
    if entry.section:
        built.category(term=entry.section, scheme=site.absolute("/sections/"))
    for tag in entry.tags:
        built.category(term=tag, scheme=site.absolute("/tags/"))
    for enclosure in (*entry.recordings, *entry.enclosures)[:1]:
        built.enclosure(enclosure.url, enclosure.length, enclosure.type)
    for element in _additions(entry, site):
        built.add(element)
    return built


def _additions(entry: FeedEntry, site: Site) -> Iterator[Element]:
    """The elements of other namespaces."""
    for author in entry.authors:
        term = "contributor" if author.role is Role.CONTRIBUTOR else "creator"
        yield Element(f"{{{DC}}}{term}", author.name)  # RSS's <author> must be an e-mail address
    if entry.language:
        yield Element(f"{{{DC}}}language", entry.language)
    if entry.image:
        yield Element(f"{{{MEDIA}}}thumbnail", None, {"url": entry.image})
    for enclosure in entry.enclosures:
        yield _media_content(enclosure)
    if entry.recordings:
        yield from _episode(entry, site)
    if entry.related:
        yield Element(f"{{{ATOM}}}link", None, {"rel": "related", "href": entry.related})
    yield Element(f"{{{ATOM}}}updated", rfc3339(entry.updated))


def _media_content(enclosure: Enclosure) -> Element:
    """An enclosure of any media type (rssboard.org/media-rss#media-content)."""
    attributes = {"url": enclosure.url, "type": enclosure.type}
    if enclosure.length:
        attributes["fileSize"] = str(enclosure.length)
    if enclosure.duration:
        attributes["duration"] = str(enclosure.duration)
    kind = enclosure.type.partition("/")[0]
    attributes["medium"] = kind if kind in ("audio", "video", "image") else "document"
    title = Element(f"{{{MEDIA}}}title", enclosure.title, {"type": "plain"})
    return Element(f"{{{MEDIA}}}content", None, attributes, (title,) if enclosure.title else ())


def _episode(entry: FeedEntry, site: Site) -> Iterator[Element]:
    """The iTunes elements of an article with a recording.

    Without `itunes:summary`, which would repeat `description`: feedparser mistakes it for the content."""
    yield Element(f"{{{ITUNES}}}title", without_tags(entry.title))
    if authors := [author.name for author in entry.authors if author.role is Role.AUTHOR]:
        yield Element(f"{{{ITUNES}}}author", ", ".join(authors))
    if entry.image:
        yield Element(f"{{{ITUNES}}}image", None, {"href": entry.image})
    if duration := entry.recordings[0].duration:
        yield Element(f"{{{ITUNES}}}duration", str(duration))
    yield Element(f"{{{ITUNES}}}explicit", _explicit(site))


def _podcast(channel: Channel, medium: str) -> Iterator[Element]:
    """The channel elements that podcast directories require."""
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


WRITER = Writer(write_entry, write_feed, _END)
