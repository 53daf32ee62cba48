"""What feedgen lacks: namespaces, whole links, dates without a locale, entries as bytes of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree  # before feedgen, whose util module uses lxml.etree without importing it

import feedgen.entry  # isort: skip
import feedgen.feed  # isort: skip
from feedgen.ext.base import BaseExtension  # isort: skip

from feeds.item import GENERATOR, Channel

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_LINK_ATTRIBUTES = ("rel", "type", "hreflang", "title", "length")


def rfc822(instant: datetime) -> str:
    """`Thu, 14 Dec 2023 09:30:00 GMT` (RFC 822 §5.1 with the four-digit year of RFC 1123 §5.2.14).

    The weekday is optional and missing before the year 100: programs take 0099 for 1999, where it is wrong."""
    text = format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)
    return text if instant.year >= 100 else text.partition(", ")[2]


# feedgen's own calls setlocale, which is process-wide: a thread could leave all others in another locale.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = rfc822


class Entry(feedgen.entry.FeedEntry):  # type: ignore[misc]
    """An entry whose links keep all their attributes, and that takes elements of any namespace."""

    def __init__(self) -> None:
        super().__init__()
        self._language: str | None = None
        self._elements: list[tuple[str, str | None, dict[str, str]]] = []

    def language(self, tag: str) -> None:
        """The entry's language, where it is not the feed's. RSS has no place for it but `dc:language`."""
        self._language = tag

    def add_element(self, tag: str, text: str | None = None, **attributes: str) -> None:
        """An element in Clark notation (`{namespace}name`) after all others."""
        self._elements.append((tag, text, attributes))

    def atom_entry(self, extensions: bool = True) -> Any:
        element = super().atom_entry(extensions)
        # feedgen takes the attributes from the new, empty element instead of the link.
        for written, meant in zip(element.findall("link"), self.link() or [], strict=True):
            for name in _LINK_ATTRIBUTES:
                if meant.get(name):
                    written.set(name, meant[name])
        if self._language:
            element.set(XML_LANG, self._language)
        return self._extended(element)

    def rss_entry(self, extensions: bool = True) -> Any:
        element = super().rss_entry(extensions)
        if self._language:
            etree.SubElement(element, f"{{{DC}}}language").text = self._language
        return self._extended(element)

    def _extended(self, element: Any) -> Any:
        for tag, text, attributes in self._elements:
            etree.SubElement(element, tag, attributes).text = text
        return element


class _Dc(BaseExtension):  # type: ignore[misc]
    def extend_ns(self) -> dict[str, str]:
        return {"dc": DC}


class _Media(BaseExtension):  # type: ignore[misc]
    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA}


def new_feed(channel: Channel, *, address: str, media_type: str) -> Any:
    """A feedgen feed with everything set that would otherwise change from build to build."""
    feed = feedgen.feed.FeedGenerator()
    feed.register_extension("dc", _Dc, atom=False)
    feed.register_extension("media", _Media)
    feed.title(channel.title)
    feed.generator(GENERATOR)
    feed.updated(channel.updated)
    if channel.language:
        feed.language(channel.language)
    feed.link(href=address, rel="self", type=media_type.partition(";")[0])
    feed.link(href=channel.home, rel="alternate")  # last: feedgen's RSS <link> is the last link added
    return feed


def fragment(element: Any, namespaces: Mapping[str, str]) -> bytes:
    """An entry as it stands in a document whose root declares the namespaces."""
    root = etree.Element("root", nsmap=dict(namespaces))
    declarations = etree.tostring(etree.SubElement(root, "x"))[len("<x") : -len("/>")]
    root.append(element)
    return etree.tostring(element, encoding="UTF-8").replace(declarations, b"", 1)


def assemble(shell: bytes, end: bytes, fragments: Iterable[bytes]) -> bytes:
    """A feed without entries, and entries, as one document. `end` is what follows the last entry."""
    if not shell.endswith(end):
        raise ValueError(f"the document does not end in {end!r}")
    return b"".join((shell[: -len(end)], *fragments, end))
