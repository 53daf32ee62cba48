"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from archive.article import Author, Enclosure
from archive.labels import label_key
from archive.site import Site
from archive.timestamps import rfc3339
from feeds.channel import Channel
from feeds.entry import FeedEntry
from feeds.formats.writer import Writer, assemble

_END = b"]}"
_BETWEEN = b","
VERSION = "https://jsonfeed.org/version/1.1"
USER_COMMENT = "This is a feed: paste its address into a feed reader, and new articles come to you. More about it: {}"


def write_entry(entry: FeedEntry, site: Site) -> bytes:
    """One article, the same bytes in every JSON feed that lists it."""
    # Copied, since orjson's bytes keep the whole buffer that it has grown: 14 KB on average for 2 KB.
    return memoryview(orjson.dumps(build_entry(entry, site))).tobytes()


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from items written by `write_entry`."""
    return assemble(orjson.dumps(build_shell(channel)), _END, (_BETWEEN.join(entries),))


def build_shell(channel: Channel) -> dict[str, Any]:
    """The feed without its items; `items` is the last member. `next_url` is the document with the next older items."""
    older = channel.link("prev-archive") or channel.link("next")
    return _members(
        version=VERSION,
        title=channel.title,
        home_page_url=channel.home,
        feed_url=channel.address,
        description=channel.description,
        user_comment=USER_COMMENT.format(channel.about),
        next_url=older,
        icon=channel.logo,
        favicon=channel.icon,
        authors=[{"name": channel.author, "url": channel.site.url}],
        language=channel.language,
        hubs=[{"type": "WebSub", "url": channel.hub}] if channel.hub else None,
    ) | {"items": []}


def build_entry(entry: FeedEntry, _site: Site) -> dict[str, Any]:
    """One article. Without HTML content, `content_text` is the abstract: JSON Feed requires one of the two."""
    return _members(
        id=entry.guid,
        url=entry.url,
        external_url=entry.related,
        title=entry.title,
        content_html=entry.content,
        content_text=None if entry.content else entry.abstract,
        summary=entry.summary,
        image=entry.image,
        date_published=rfc3339(entry.published),
        date_modified=rfc3339(entry.updated),
        authors=[_author(author) for author in entry.authors],
        tags=_tags(entry),
        language=entry.language,
        attachments=[_attachment(enclosure) for enclosure in entry.enclosures],
    )


def _author(author: Author) -> dict[str, Any]:
    return _members(name=author.name, url=author.uri)


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _members(
        url=enclosure.url,
        mime_type=enclosure.type,
        title=enclosure.title,
        size_in_bytes=enclosure.length or None,
        duration_in_seconds=enclosure.duration,
    )


def _tags(entry: FeedEntry) -> list[str]:
    """Section and tags without duplicates: JSON Feed has one list for both."""
    names = [entry.section, *entry.tags] if entry.section else entry.tags
    return list({label_key(name): name for name in reversed(names)}.values())[::-1]


def _members(**members: Any) -> dict[str, Any]:
    """The members with a value, in order."""
    return {name: value for name, value in members.items() if value not in (None, "", [])}


WRITER = Writer(write_entry, write_feed, _END, _BETWEEN)
