"""The page for people who open the URL of a feed in a browser: what a feed is, and how to subscribe.

Chromium shows feeds as bare text, whatever stylesheet they name (docs/decisions/serving.md), and Firefox saves them to a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from archive.labels import Label
from archive.period import Period
from archive.store.archive import Archive
from archive.store.listings import ArticleQuery
from archive.urls import SEARCH_PATH, Scope, home_path, parse_archive_document_path
from feeds.format import FORMATS, Format
from feeds.spec import parse_feed_path
from service.links import Addresses
from service.search import read_query
from service.syndication.search_feeds import search_name
from service.web.pages.formatting import period_text
from service.web.pages.view_models import FeedLink, Link, feed_links, feed_title
from service.web.site.feed_directory import pace
from service.web.site.search_feed_links import search_feed_links

MAX_ARTICLES: Final = 10


@dataclass(frozen=True, slots=True)
class AboutFeed:
    """A feed for people. `home` is the page with the same articles; `pace`: `about 3 a day`."""

    title: str
    format: str
    address: str
    home: Link
    feeds: Sequence[FeedLink]
    newest: Sequence[Link] = ()
    pace: str = ""

    @property
    def others(self) -> Sequence[FeedLink]:
        """The feeds of the same list in other formats."""
        return [feed for feed in self.feeds if feed.format != self.format]


def about_feed(feed: str, archive: Archive, addresses: Addresses, *, now: datetime) -> AboutFeed | None:
    """The feed at a path with a query string; None if there is none.

    Raises InvalidQuery for a search with invalid parameters."""
    # Only searches have parameters: in the path of a label, a question mark belongs to its name.
    path, _, parameters = feed.partition("?") if feed.startswith(f"{SEARCH_PATH}/") else (feed, "", "")
    folder, _, suffix = path.rpartition("/")
    feed_format = FORMATS.get(suffix)
    if feed_format is None or "\0" in path:
        return None
    if folder == SEARCH_PATH:
        return _search(feed_format, dict(parse_qsl(parameters)), addresses)
    if path not in archive.renditions.etags([path]):
        return None
    if (found := parse_feed_path(path)) is not None:
        return _list(found[0], feed_format, archive, addresses, now)
    if (archived := parse_archive_document_path(f"{folder}/")) is not None:
        return _archive_document(archived[0], path, feed_format, archive, addresses)
    return None


def _list(scope: Scope, feed_format: Format, archive: Archive, addresses: Addresses, now: datetime) -> AboutFeed:
    name = _name(scope, archive)
    return AboutFeed(
        title=feed_title(addresses.site, name),
        format=feed_format.title,
        address=addresses.absolute(home_path(scope) + feed_format.suffix),
        home=Link(name or addresses.site.title, addresses.href(home_path(scope))),
        feeds=feed_links(addresses, scope, name),
        newest=_newest(scope, archive, addresses),
        pace="" if isinstance(scope, Period) else pace(scope, archive, now=now),
    )


def _archive_document(
    month: Period, path: str, feed_format: Format, archive: Archive, addresses: Addresses
) -> AboutFeed:
    name = f"Archive, {period_text(month)}"
    return AboutFeed(
        title=feed_title(addresses.site, name),
        format=feed_format.title,
        address=addresses.absolute(path),
        home=Link(period_text(month), addresses.href(home_path(month))),
        feeds=feed_links(addresses, None),
        newest=_newest(month, archive, addresses),
    )


def _search(feed_format: Format, args: Mapping[str, str], addresses: Addresses) -> AboutFeed:
    query = read_query(args)
    feeds = search_feed_links(query, addresses)
    address = next(feed.href for feed in feeds if feed.format == feed_format.title)
    return AboutFeed(
        title=feed_title(addresses.site, search_name(query)),
        format=feed_format.title,
        address=address,
        home=Link(search_name(query), addresses.href(SEARCH_PATH) + _question(address)),
        feeds=feeds,
    )


def _question(address: str) -> str:
    parameters = urlsplit(address).query
    return f"?{parameters}" if parameters else ""


def _name(scope: Scope, archive: Archive) -> str | None:
    if isinstance(scope, Label):
        label_count = archive.listings.label(scope)
        return label_count.name if label_count else scope.key
    return None if scope is None else period_text(scope)


def _newest(scope: Scope, archive: Archive, addresses: Addresses) -> list[Link]:
    query = ArticleQuery(
        label=scope if isinstance(scope, Label) else None,
        period=scope if isinstance(scope, Period) else None,
        limit=MAX_ARTICLES,
    )
    return [Link(article.title, addresses.href(article.path or "/")) for article in archive.listings.find(query)]
