"""Paginated lists of articles, grouped by day."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from archive.article import Article
from archive.period import Period
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery, SortKey
from archive.urls import home_path
from service.links import Addresses
from service.web.pages.formatting import long_day_text
from service.web.pages.view_models import Card, Link, card
from service.web.pagination import cursor_of

PER_PAGE: Final = 20
LEAD_TEXT: Final = 320  # characters of the abstract of the lead


@dataclass(frozen=True, slots=True)
class Day:
    """The cards of one day. `text` is empty if the heading of the page is the day."""

    text: str
    href: str
    iso: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, grouped by day. `lead` comes before the groups."""

    lead: Card | None
    days: Sequence[Day]
    newer: Link | None
    older: Link | None

    @property
    def is_empty(self) -> bool:
        return self.lead is None and not self.days


def listing(archive: Archive, query: ArticleQuery, path: str, addresses: Addresses, *, rich: bool = False) -> Listing:
    """The page of the list at `path` that begins after `query.after`; the first page if that is None.

    The cursor of a page is the article before it, from both directions, so that each page has only one URL.
    `rich` makes the first article of the first page the lead."""
    found = archive.listings.find(replace(query, limit=PER_PAGE + 1))
    shown = list(found[:PER_PAGE])
    older = _page_link("Older articles", path, addresses, shown[-1]) if len(found) > PER_PAGE else None
    newer = None
    if query.after is not None:
        above = SortKey.of(shown[0]) if shown else query.after
        newer = _page_link("Newer articles", path, addresses, _above(archive, query, above))
    lead = card(shown.pop(0), addresses, length=LEAD_TEXT) if rich and shown and query.after is None else None
    says_day = isinstance(query.period, Period) and query.period.day is not None
    return Listing(lead, _by_day(shown, addresses, titled=not says_day), newer, older)


def page_above(archive: Archive, query: ArticleQuery, position: SortKey, path: str, addresses: Addresses) -> str:
    """The URL of the page that ends just before a position."""
    return _page_link("", path, addresses, _above(archive, query, position)).href


def _above(archive: Archive, query: ArticleQuery, position: SortKey) -> Article | None:
    """The cursor article of the page that ends before a position; None if that is the first page."""
    found = archive.listings.find(replace(query, after=None, before=position, limit=PER_PAGE + 1))
    return found[0] if len(found) > PER_PAGE else None


def _page_link(text: str, path: str, addresses: Addresses, below: Article | None) -> Link:
    if below is None:
        return Link(text, addresses.href(path))
    path, parameters = addresses.below(path, cursor_of(below))
    return Link(text, addresses.href(path, **parameters))


def _by_day(articles: Iterable[Article], addresses: Addresses, *, titled: bool) -> list[Day]:
    days = []
    for day, of_day in itertools.groupby(articles, key=lambda article: article.listed_day):
        href = addresses.href(home_path(Period.of_day(day)[2]))
        cards = [card(article, addresses) for article in of_day]
        days.append(Day(long_day_text(day) if titled else "", href, day.isoformat(), cards))
    return days


def neighbours(archive: Archive, article: Article) -> tuple[Article | None, Article | None]:
    """The next newer and the next older article in the archive."""
    newer = archive.listings.find(ArticleQuery(before=SortKey.of(article), limit=1))
    older = archive.listings.find(ArticleQuery(after=SortKey.of(article), limit=1))
    return (newer[0] if newer else None, older[0] if older else None)
