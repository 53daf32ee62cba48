"""The fields of a feed entry, shared by all formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from archive.article import Article, Author, Enclosure
from archive.content.characters import find_surrogate, strip_forbidden
from archive.lifecycle import UNTITLED
from archive.site import Site
from feeds.html_lookalikes import without_markup
from feeds.language import language_tag
from feeds.links import absolute_links, to_uri

# In UTF-8. Longer content is omitted, leaving summary and link: readers give up on a feed of fifty such entries, and
# one article of 10 MB would add 10 MB to every feed that lists it.
MAX_CONTENT_BYTES = 200_000
ANY_TYPE = "application/octet-stream"

# RFC 9562 §4 for UUIDs, RFC 8141 §2 for other URNs, RFC 3986 §2 for other URIs. Atom allows IRIs (RFC 3987) as ids;
# the W3C validator and some readers accept URIs only.
_URI = re.compile(
    r"""urn:uuid:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}
        |urn:(?!uuid:)[a-z\d][a-z\d-]{0,30}[a-z\d]:(?:[\w.~!$&'()*+,;=:@/?\#-]|%[\da-f]{2})+
        |(?!urn:)[a-z][a-z\d+.-]*:(?:[\w.~!$&'()*+,;=:@/?\#[\]-]|%[\da-f]{2})+""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
# Characters that XML 1.0 §2.2 permits but discourages: C1 controls and Unicode noncharacters.
_LAST_OF_PLANES = "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
_DISCOURAGED = re.compile(f"[\x80-\x9f\ufdd0-\ufdef{_LAST_OF_PLANES}]")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One article as a feed entry: URLs are absolute, and text contains no characters that XML forbids.

    `guid` is the article's. `iri` is the Atom id (RFC 4287 §4.2.6): the guid if it is a URI, else a URI derived from
    it. `content` is None if the article has none, if it exceeds MAX_CONTENT_BYTES, or if the feed carries summaries.
    `summary` is None unless the author wrote one; `abstract` is never empty. `language` is None if it is the site's.
    `related` is the canonical URL of an article first published elsewhere."""

    guid: str
    iri: str
    url: str
    title: str
    summary: str | None
    abstract: str
    content: str | None
    authors: tuple[Author, ...]
    section: str | None
    tags: tuple[str, ...]
    language: str | None
    published: datetime
    updated: datetime
    image: str | None
    related: str | None
    enclosures: tuple[Enclosure, ...]

    @property
    def recordings(self) -> list[Enclosure]:
        return [enclosure for enclosure in self.enclosures if is_recording(enclosure)]


def is_recording(enclosure: Enclosure) -> bool:
    """Whether the enclosure is audio or video."""
    return enclosure.type.startswith(("audio/", "video/"))


def entry_of(article: Article, *, site: Site, identity: str) -> FeedEntry:
    """The feed entry of an article. Raises ValueError for a draft, which has no path or publication date."""
    article = replace(
        article,
        content_html=xml_safe(article.content_html).strip(),
        summary=xml_safe(article.summary or "").strip() or None,
    )
    if article.path is None or article.published is None:
        raise ValueError(f"article {article.id} has no publication date and cannot be in a feed")
    url = site.absolute(article.path)
    title = xml_safe(article.title).strip() or UNTITLED
    content = absolute_links(article.content_html, url)
    guid = xml_safe(article.guid).strip()
    language = language_tag(article.language)
    related = to_uri(article.canonical_url, url) if article.canonical_url else None
    return FeedEntry(
        guid=guid,
        iri=iri_of(article.guid, identity),
        url=url,
        title=title,
        summary=article.summary,
        abstract=article.abstract or title,
        content=content if content and len(content.encode()) <= MAX_CONTENT_BYTES else None,
        authors=tuple(_authors(article, url)),
        section=_name(article.section),
        tags=tuple(dict.fromkeys(tag for tag in map(_name, article.tags) if tag)),
        language=language if language != language_tag(site.language) else None,
        published=article.published,
        updated=article.updated,
        image=to_uri(article.image, url) if article.image else None,
        related=related if related != url else None,
        enclosures=tuple(_enclosures(article, url)),
    )


def iri_of(guid: str, identity: str) -> str:
    """The Atom `id` for a guid: the guid itself if it is a URI, else a URI under the site's identity."""
    guid = xml_safe(guid).strip()
    return guid if _URI.fullmatch(guid) else f"{identity}/guid/{quote(guid, safe='')}"


def xml_safe(text: str) -> str:
    """The text without characters that XML 1.0 §2.2 forbids or discourages.

    Validation rejects forbidden characters; a single one that is in the archive anyway would break every feed that
    lists the article."""
    if find_surrogate(text) is not None:
        text = text.encode(errors="replace").decode()
    return _DISCOURAGED.sub("", strip_forbidden(text))


def plain(text: str) -> str:
    """The text for plain-text elements, with nothing that readers could mistake for HTML."""
    return without_markup(xml_safe(text)).strip()


def _name(name: str | None) -> str | None:
    return " ".join(plain(name).split()) or None if name else None


def _authors(article: Article, base: str) -> Iterator[Author]:
    for author in article.authors:
        if name := _name(author.name):
            email = author.email if author.email and _EMAIL.fullmatch(author.email) else None
            uri = to_uri(xml_safe(author.uri), base) if author.uri else None
            yield Author(name, uri, email, author.role)


def _enclosures(article: Article, base: str) -> Iterator[Enclosure]:
    for enclosure in article.enclosures:
        if url := to_uri(xml_safe(enclosure.url), base):
            media_type = enclosure.type if _MEDIA_TYPE.fullmatch(enclosure.type) else ANY_TYPE
            title, length = _name(enclosure.title), max(enclosure.length, 0)
            yield Enclosure(url, media_type, length, title, enclosure.duration)
