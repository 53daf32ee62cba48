"""View models of articles and page heads, so that templates hold no decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from archive.article import Article
from archive.content.text import shorten
from archive.labels import Label, LabelKind, label_key
from archive.site import Site
from archive.store.listings import LabelCount, SortKey
from archive.urls import Scope, home_path
from feeds.format import FORMATS
from service.links import Addresses
from service.web.pages.formatting import day_text, direction, time_text

CARD_TEXT: Final = 220  # characters of the abstract on a card

KIND_NAMES: Final = {
    LabelKind.SECTION: ("Section", "Sections"),
    LabelKind.TAG: ("Tag", "Tags"),
    LabelKind.AUTHOR: ("Author", "Authors"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its text. `note`: a date or number after it."""

    text: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A link to a feed. `href` is absolute, because people copy it out of the page."""

    format: str
    title: str
    href: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Metadata of a page for browsers, search engines and feed readers."""

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
    """An article in a list."""

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


def card(article: Article, addresses: Addresses, *, length: int = CARD_TEXT) -> Card:
    """A published article for a list, with an abstract of at most `length` characters."""
    published = SortKey.of(article).sort_date
    return Card(
        title=article.title,
        href=addresses.href(article.path or "/"),
        language=article.language,
        direction=direction(article.language),
        published=published,
        time=time_text(published, addresses.site.zone),
        day=day_text(article.listed_day),
        abstract=_abstract_without_title(article, length),
        section=label_link(addresses, LabelKind.SECTION, article.section) if article.section else None,
        authors=[label_link(addresses, LabelKind.AUTHOR, author.name) for author in article.authors],
        image=article.image,
    )


def _abstract_without_title(article: Article, length: int) -> str:
    """The abstract; without its first words if the title was made from them."""
    text = " ".join((article.summary or article.text).split())
    title = article.title.removesuffix("…")
    if text.startswith(title):
        rest = text[len(title) :].lstrip()
        text = f"…{rest}" if rest and title != article.title else rest
    return shorten(text, length).replace(".…", ".")


def label_link(addresses: Addresses, kind: LabelKind, name: str) -> Link:
    """A link to the page of a label that has this name."""
    return Link(name, addresses.href(home_path(Label(kind, label_key(name)))))


def label_links(label_counts: Iterable[LabelCount], addresses: Addresses) -> list[Link]:
    """Labels with their numbers of articles, in the order given."""
    return [Link(each.name, addresses.href(home_path(each.label)), f"{each.count:,}") for each in label_counts]


def feed_title(site: Site, name: str | None) -> str:
    """The title of a list's feed. `name` None: the feed of the whole site."""
    return site.title if name is None else f"{name} – {site.title}"


def feed_links(addresses: Addresses, scope: Scope, name: str | None = None) -> list[FeedLink]:
    """The feeds of a list, in the order of the table of formats."""
    return [
        FeedLink(
            format=feed_format.title,
            title=f"{feed_title(addresses.site, name)} ({feed_format.title})",
            href=addresses.absolute(home_path(scope) + feed_format.suffix),
            media_type=feed_format.link_type,
        )
        for feed_format in FORMATS.values()
    ]
