"""An article's fields in a feed, the same for every format."""

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

# Bytes of UTF-8. Longer content is left out, and the entry has summary and link: fifty such entries make a feed that
# readers give up on, and one 10 MB article would make every feed that lists it 10 MB.
MAX_CONTENT_BYTES = 200_000
ANY_TYPE = "application/octet-stream"

# RFC 9562 §4 for UUIDs, RFC 8141 §2 for other URNs, RFC 3986 §2 for all else. Atom allows IRIs (RFC 3987) as ids;
# the W3C's validator and some readers accept only URIs.
_URI = re.compile(
    r"""urn:uuid:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}
        |urn:(?!uuid:)[a-z\d][a-z\d-]{0,30}[a-z\d]:(?:[\w.~!$&'()*+,;=:@/?\#-]|%[\da-f]{2})+
        |(?!urn:)[a-z][a-z\d+.-]*:(?:[\w.~!$&'()*+,;=:@/?\#[\]-]|%[\da-f]{2})+""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
# Characters that XML 1.0 §2.2 allows but discourages: C1 controls and Unicode noncharacters.
_LAST_OF_PLANES = "".join(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
_DISCOURAGED = re.compile(f"[\x80-\x9f\ufdd0-\ufdef{_LAST_OF_PLANES}]")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;.*)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One article as feeds show it: addresses absolute, text without characters that XML forbids.

    `guid` is the article's. `iri` is the same if that is a URI, as Atom requires (RFC 4287 §4.2.6), or else one made
    from it. `content` is None where there is none, it is too long, or the feed has summaries. `summary` is None unless
    an author wrote one; `abstract` is never empty. `language` is None where it is the site's. `related` is the address
    of the article's first publication elsewhere."""

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
    """Whether a podcast player can play the file."""
    return enclosure.type.startswith(("audio/", "video/"))


def entry_of(article: Article, *, site: Site, identity: str) -> FeedEntry:
    """The article as feeds show it. Raises ValueError for one without an address: a draft has no place in a feed."""
    article = replace(
        article,
        content_html=carriable(article.content_html).strip(),
        summary=carriable(article.summary or "").strip() or None,
    )
    if article.path is None or article.published is None:
        raise ValueError(f"article {article.id} has no date, and so no place in a feed")
    url = site.absolute(article.path)
    title = carriable(article.title).strip() or UNTITLED
    content = absolute_links(article.content_html, url)
    guid = carriable(article.guid).strip()
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
    """The guid as Atom's `id`: as it is if it is a URI, else as part of one below the site's identity."""
    guid = carriable(guid).strip()
    return guid if _URI.fullmatch(guid) else f"{identity}/guid/{quote(guid, safe='')}"


def carriable(text: str) -> str:
    """The text without characters that XML 1.0 §2.2 forbids or discourages.

    Forbidden ones are refused when an article comes in. One in the archive all the same would break every feed of the
    site."""
    if find_surrogate(text) is not None:
        text = text.encode(errors="replace").decode()
    return _DISCOURAGED.sub("", strip_forbidden(text))


def plain(text: str) -> str:
    """The text for plain-text elements, such that readers which look for HTML there find none."""
    return without_markup(carriable(text)).strip()


def _name(name: str | None) -> str | None:
    return " ".join(plain(name).split()) or None if name else None


def _authors(article: Article, base: str) -> Iterator[Author]:
    for author in article.authors:
        if name := _name(author.name):
            email = author.email if author.email and _EMAIL.fullmatch(author.email) else None
            uri = to_uri(carriable(author.uri), base) if author.uri else None
            yield Author(name, uri, email, author.role)


def _enclosures(article: Article, base: str) -> Iterator[Enclosure]:
    for enclosure in article.enclosures:
        if url := to_uri(carriable(enclosure.url), base):
            media_type = enclosure.type if _MEDIA_TYPE.fullmatch(enclosure.type) else ANY_TYPE
            title, length = _name(enclosure.title), max(enclosure.length, 0)
            yield Enclosure(url, media_type, length, title, enclosure.duration)
