"""JSON Feed 1.1 (jsonfeed.org/version/1.1): articles in, bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from archive.article import Author, Enclosure
from archive.labels import label_key
from archive.site import Site
from archive.timestamps import rfc3339
from feeds.channel import Channel
from feeds.entry import Item
from feeds.formats.feedgen_fixes import assemble
from feeds.spec import Format

END = b"]}"
BETWEEN = b","
VERSION = "https://jsonfeed.org/version/1.1"
USER_COMMENT = "This is a feed: paste its address into a feed reader, and new articles come to you. More about it: {}"


def write_entry(item: Item, site: Site) -> bytes:
    """One article as it stands in every JSON feed that holds it."""
    # Copied: what orjson gives takes as much memory as its buffer had grown to, 14 KB on average for 2.
    return memoryview(orjson.dumps(build_entry(item, site))).tobytes()


def write_feed(channel: Channel, entries: Iterable[bytes]) -> bytes:
    """The whole document, from entries that write_entry has written."""
    return assemble(orjson.dumps(build_shell(channel)), END, (BETWEEN.join(entries),))


def build_shell(channel: Channel) -> dict[str, Any]:
    """The feed without its items; `items` comes last. `next_url` leads to older ones, page by page."""
    older = channel.link("prev-archive", Format.JSON) or channel.link("next", Format.JSON)
    return _said(
        version=VERSION,
        title=channel.title,
        home_page_url=channel.home,
        feed_url=channel.address(Format.JSON),
        description=channel.description,
        user_comment=USER_COMMENT.format(channel.about(Format.JSON)),
        next_url=older,
        icon=channel.logo,
        favicon=channel.icon,
        authors=[{"name": channel.author, "url": channel.site.url}],
        language=channel.language,
        hubs=[{"type": "WebSub", "url": channel.hub}] if channel.hub else None,
    ) | {"items": []}


def build_entry(item: Item, _site: Site) -> dict[str, Any]:
    """One article. `content_text` has the abstract where there is no content: one of both must be there."""
    return _said(
        id=item.guid,
        url=item.url,
        external_url=item.related,
        title=item.title,
        content_html=item.content,
        content_text=None if item.content else item.abstract,
        summary=item.summary,
        image=item.image,
        date_published=rfc3339(item.published),
        date_modified=rfc3339(item.updated),
        authors=[_author(author) for author in item.authors],
        tags=_tags(item),
        language=item.language,
        attachments=[_attachment(enclosure) for enclosure in item.enclosures],
    )


def _author(author: Author) -> dict[str, Any]:
    return _said(name=author.name, url=author.uri)


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _said(
        url=enclosure.url,
        mime_type=enclosure.type,
        title=enclosure.title,
        size_in_bytes=enclosure.length or None,
        duration_in_seconds=enclosure.duration,
    )


def _tags(item: Item) -> list[str]:
    """Section and tags; JSON Feed does not tell one from the other, so what is both stands there once."""
    named = [item.section, *item.tags] if item.section else item.tags
    return list({label_key(name): name for name in reversed(named)}.values())[::-1]


def _said(**members: Any) -> dict[str, Any]:
    """The members that have something to say, in order."""
    return {name: value for name, value in members.items() if value not in (None, "", [])}
