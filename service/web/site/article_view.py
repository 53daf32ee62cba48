"""The view model of an article's page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from markupsafe import Markup

from archive.article import Article, Enclosure
from archive.content.text import plain_text, shorten
from archive.labels import Label, LabelKind, label_key
from archive.period import Period
from archive.store.listings import SortKey
from archive.timestamps import rfc3339
from archive.urls import home_path
from service.links import Addresses
from service.web.pages.formatting import MONTHS, direction, moment_text, size_text
from service.web.pages.view_models import Head, Link, feed_links, label_link

DESCRIPTION: Final = 200  # characters of a meta description
HEADLINE: Final = 110  # characters that search engines show


@dataclass(frozen=True, slots=True)
class Attachment:
    """An enclosure. `player` is "audio", "video", "image", or "" for a download only."""

    url: str
    type: str
    title: str
    player: str
    size: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article for its own page. `dates` link to its year, month and day."""

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


def article_view(article: Article, addresses: Addresses) -> ArticleView:
    """The view model of a published article."""
    published, day = SortKey.of(article).sort_date, article.listed_day
    changed = article.updated if article.updated > published else None
    zone = addresses.site.zone
    return ArticleView(
        title=article.title,
        language=article.language,
        direction=direction(article.language),
        summary=article.summary,
        body=Markup(_without_title(article.content_html, article.title)),  # noqa: S704  # cleaned when it was stored
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
    """The content without its first heading if that repeats the title."""
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


def article_head(article: Article, addresses: Addresses) -> Head:
    """The HTML head of an article's page."""
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
            ("article:published_time", rfc3339(SortKey.of(article).sort_date)),
            ("article:modified_time", rfc3339(article.updated)),
        ],
        json_ld=_news_article(article, addresses, description),
    )


def _news_article(article: Article, addresses: Addresses, description: str) -> dict[str, Any]:
    """The article as a schema.org NewsArticle (JSON-LD)."""
    publisher = {"@type": "Organization", "name": addresses.site.title, "url": addresses.absolute("/")}
    people = [
        {"@type": "Person", "name": author.name} | ({"url": author.uri} if author.uri else {})
        for author in article.authors
    ]
    properties: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": shorten(article.title, HEADLINE),
        "description": description,
        "datePublished": rfc3339(SortKey.of(article).sort_date),
        "dateModified": rfc3339(article.updated),
        "inLanguage": article.language,
        "mainEntityOfPage": addresses.absolute(article.path or "/"),
        "author": people or [publisher],
        "publisher": publisher,
        "articleSection": article.section,
        "keywords": list(article.tags),
        "image": [article.image] if article.image else [],
    }
    return {name: value for name, value in properties.items() if value}
