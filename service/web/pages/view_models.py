"""Articles and page heads made ready for the templates, which decide nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup

from archive.article import Article, Enclosure, Label, LabelKind, label_key
from archive.content.html import plain_text, shorten
from archive.site import Site
from archive.store.archive import Named, Period, Place
from archive.timestamps import rfc3339
from feeds.spec import Format, Scope, home_path
from service.links import Addresses
from service.web.pages.formatting import MONTHS, day_text, direction, moment_text, size_text, time_text

DESCRIPTION: Final = 200  # characters of a meta description
HEADLINE: Final = 110  # characters that search engines show
CARD_TEXT: Final = 220

FORMAT_NAMES: Final = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON Feed"}
KIND_NAMES: Final = {
    LabelKind.SECTION: ("Section", "Sections"),
    LabelKind.TAG: ("Tag", "Tags"),
    LabelKind.AUTHOR: ("Author", "Authors"),
}


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """One feed. `href` is absolute, because people copy it out of the page."""

    format: str
    title: str
    href: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says about itself to browsers, search engines and feed readers."""

    title: str
    description: str
    canonical: str | None = None
    feeds: Sequence[FeedLink] = ()
    kind: str = "website"  # ogp.me/#types
    image: str | None = None
    times: Sequence[tuple[str, str]] = ()
    robots: str | None = None
    newer: str | None = None
    older: str | None = None
    json_ld: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """An article as it stands in a list."""

    title: str
    href: str
    language: str
    direction: str
    published: datetime
    time: str
    day: str
    abstract: str
    section: Link | None
    authors: Sequence[Link]
    image: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """An enclosure. `player` is "audio", "video", "image", or "" for a mere download."""

    url: str
    type: str
    title: str
    player: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """One article as its own page shows it."""

    title: str
    language: str
    direction: str
    summary: str | None
    body: Markup
    section: Link | None
    tags: Sequence[Link]
    authors: Sequence[Link]
    dates: Sequence[Link]
    published: datetime
    published_text: str
    updated: datetime | None
    updated_text: str
    image: str | None
    attachments: Sequence[Attachment]
    source: str | None


def day_of(article: Article) -> date:
    """The day that an article stands under; every published one has its own."""
    return article.day or article.created.date()


def card(article: Article, addresses: Addresses, *, length: int = CARD_TEXT) -> Card:
    """A published article for a list, with an abstract of at most `length` characters."""
    published = Place.of(article).listed
    return Card(
        title=article.title,
        href=addresses.href(article.path or "/"),
        language=article.language,
        direction=direction(article.language),
        published=published,
        time=time_text(published, addresses.site.zone),
        day=day_text(day_of(article)),
        abstract=_beyond_title(article, length),
        section=label_link(addresses, LabelKind.SECTION, article.section) if article.section else None,
        authors=[label_link(addresses, LabelKind.AUTHOR, author.name) for author in article.authors],
        image=article.image,
    )


def _beyond_title(article: Article, length: int) -> str:
    """The abstract without the words that the title was taken from."""
    text = " ".join((article.summary or article.text).split())
    title = article.title.removesuffix("…")
    if text.startswith(title):
        rest = text[len(title) :].lstrip()
        text = f"…{rest}" if rest and title != article.title else rest
    return shorten(text, length).replace(".…", ".")


def article_view(article: Article, addresses: Addresses) -> ArticleView:
    """A published article for its own page."""
    published, day = Place.of(article).listed, day_of(article)
    changed = article.updated if article.updated > published else None
    zone = addresses.site.zone
    return ArticleView(
        title=article.title,
        language=article.language,
        direction=direction(article.language),
        summary=article.summary,
        body=Markup(_without_title(article.content_html, article.title)),  # noqa: S704 - cleaned when it came in
        section=label_link(addresses, LabelKind.SECTION, article.section) if article.section else None,
        tags=[label_link(addresses, LabelKind.TAG, tag) for tag in article.tags],
        authors=[label_link(addresses, LabelKind.AUTHOR, author.name) for author in article.authors],
        dates=[
            Link(text, addresses.href(home_path(period)))
            for text, period in zip(
                (str(day.year), MONTHS[day.month - 1], str(day.day)), Period.of_day(day), strict=True
            )
        ],
        published=published,
        published_text=moment_text(published, zone),
        updated=changed,
        updated_text=moment_text(changed, zone) if changed else "",
        image=article.image,
        attachments=[_attachment(enclosure) for enclosure in article.enclosures if enclosure.url != article.image],
        source=article.canonical_url,
    )


_FIRST_HEADING: Final = re.compile(r"\s*<(h[1-6])\b[^>]*>(.*?)</\1>", re.DOTALL)


def _without_title(html: str, title: str) -> str:
    """The content without a first heading that only repeats the page's own."""
    heading = _FIRST_HEADING.match(html)
    return html[heading.end() :] if heading and plain_text(heading[2]) == title else html


def _attachment(enclosure: Enclosure) -> Attachment:
    kind = enclosure.type.partition("/")[0]
    file_name = enclosure.url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return Attachment(
        url=enclosure.url,
        type=enclosure.type,
        title=enclosure.title or file_name or enclosure.url,
        player=kind if kind in ("audio", "video", "image") else "",
        size=size_text(enclosure.length),
    )


def label_link(addresses: Addresses, kind: LabelKind, name: str) -> Link:
    return Link(name, addresses.href(home_path(Label(kind, label_key(name)))))


def label_links(named: Iterable[Named], addresses: Addresses) -> list[Link]:
    """Labels with how many articles carry each, in the order given."""
    return [Link(each.name, addresses.href(home_path(each.label)), f"{each.count:,}") for each in named]


def feed_title(site: Site, name: str | None) -> str:
    """The name of the feed of a list; the site's own where the list is all of it."""
    return site.title if name is None else f"{name} – {site.title}"


def feed_links(addresses: Addresses, scope: Scope, name: str | None = None) -> list[FeedLink]:
    """The feeds of a list, best known format first."""
    return [
        FeedLink(
            format=format_name,
            title=f"{feed_title(addresses.site, name)} ({format_name})",
            href=addresses.absolute(home_path(scope) + feed_format.suffix),
            media_type=feed_format.media_type.partition(";")[0],
        )
        for feed_format, format_name in FORMAT_NAMES.items()
    ]


def article_head(article: Article, addresses: Addresses) -> Head:
    description = shorten(article.abstract, DESCRIPTION)
    feeds = feed_links(addresses, None)
    if article.section:
        feeds += feed_links(addresses, Label(LabelKind.SECTION, label_key(article.section)), article.section)
    return Head(
        title=article.title,
        description=description,
        canonical=article.canonical_url or addresses.absolute(article.path or "/"),
        feeds=feeds,
        kind="article",
        image=article.image,
        times=[
            ("article:published_time", rfc3339(Place.of(article).listed)),
            ("article:modified_time", rfc3339(article.updated)),
        ],
        json_ld=_news_article(article, addresses, description),
    )


def _news_article(article: Article, addresses: Addresses, description: str) -> dict[str, Any]:
    """The article in the vocabulary of schema.org, for machines that read pages."""
    publisher = {"@type": "Organization", "name": addresses.site.title, "url": addresses.absolute("/")}
    people = [
        {"@type": "Person", "name": author.name} | ({"url": author.uri} if author.uri else {})
        for author in article.authors
    ]
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": shorten(article.title, HEADLINE),
        "description": description,
        "datePublished": rfc3339(Place.of(article).listed),
        "dateModified": rfc3339(article.updated),
        "inLanguage": article.language,
        "mainEntityOfPage": addresses.absolute(article.path or "/"),
        "author": people or [publisher],
        "publisher": publisher,
        "articleSection": article.section,
        "keywords": list(article.tags),
        "image": [article.image] if article.image else [],
    }
    return {name: value for name, value in said.items() if value}
