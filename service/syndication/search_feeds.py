"""Feeds of searches: paged (RFC 5005 §3), newest first, built at each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from archive.errors import NotFound
from archive.search.index import MAX_PER_PAGE, SearchQuery, Sort
from archive.urls import SEARCH_PATH
from feeds.channel import Page
from feeds.document import Document
from feeds.format import Format
from feeds.spec import FeedSpec, minted_on
from service.dateline import Dateline
from service.search import read_query

if TYPE_CHECKING:
    from feeds.builder import FeedBuilder


CACHE_BYTES = 8 * 1024 * 1024  # in each web process


class SearchFeed(NamedTuple):
    """`address` is the canonical, absolute URL of all URLs of the same search."""

    document: Document
    address: str


class SearchFeeds:
    """The feeds of one site's searches."""

    def __init__(self, dateline: Dateline) -> None:
        self.dateline = dateline

    def build(self, feed_format: Format, args: Mapping[str, str]) -> SearchFeed:
        """The feed at `/search/` with these parameters, in one format.

        Raises InvalidQuery for invalid parameters, NotFound for a page after the last, IndexUnavailable."""
        default = min(self.dateline.settings.feed_length, MAX_PER_PAGE)
        query = replace(
            read_query({"per_page": str(default), **args}), sort=Sort.NEWEST, with_facets=False
        )  # newest first, whatever `sort` says
        results = self.dateline.index.search(query)
        pages = max(1, -(-results.total // query.per_page))
        if query.page > pages:
            raise NotFound(f"this search has only {pages:,} pages")
        articles = self.dateline.archive.articles.get_many([hit.id for hit in results.hits])
        found = [articles[hit.id] for hit in results.hits if hit.id in articles and articles[hit.id].is_public]
        parameters = feed_parameters(query, default=default)
        links = {
            "first": _page(parameters, 1),
            "previous": _page(parameters, query.page - 1) if query.page > 1 else None,
            "next": _page(parameters, query.page + 1) if query.page < pages else None,
            "last": _page(parameters, pages),
        }
        page = _page(parameters, query.page)
        [document] = self._builder.build(
            self._spec(query, parameters),
            found,
            page=page,
            links={relation: other for relation, other in links.items() if other is not None},
            formats=[feed_format],
        )
        return SearchFeed(document, page.address(self.dateline.site, feed_format))

    def _spec(self, query: SearchQuery, parameters: Mapping[str, str]) -> FeedSpec:
        site, identity = self.dateline.site, self._builder.identity
        return FeedSpec(
            scope=None,
            id=f"{identity}/search?{urlencode(parameters)}",
            title=f"{search_name(query)} – {site.title}",
            description=site.description,
            home=SEARCH_PATH,
            created=minted_on(identity),
            parameters=urlencode(parameters),
        )

    @cached_property
    def _builder(self) -> FeedBuilder:
        # Here, as it loads feedgen, which most web processes do not need.
        from service.syndication.site_feeds import feed_builder

        return feed_builder(self.dateline, cache_bytes=CACHE_BYTES)


def feed_parameters(query: SearchQuery, *, default: int | None = None) -> dict[str, str]:
    """The parameters that distinguish one search from another, in a fixed order, so that one search has one feed.

    `per_page` is among them if it differs from `default`, the number of entries without it; never for None."""
    values = {
        "q": query.text,
        "section": query.section,
        "tag": query.tag,
        "author": query.author,
        "language": query.language,
        "from": query.first_day and query.first_day.isoformat(),
        "to": query.last_day and query.last_day.isoformat(),
        "per_page": str(query.per_page) if default not in (None, query.per_page) else None,
    }
    return {name: value for name, value in values.items() if value}


def search_name(query: SearchQuery) -> str:
    """The search as a title: `“wheat export”, usa, from 1987-03-01`."""
    parts = [f"“{query.text}”" if query.text else "", query.section, query.tag, query.author, query.language]
    if query.first_day:
        parts.append(f"from {query.first_day}")
    if query.last_day:
        parts.append(f"until {query.last_day}")
    return ", ".join(part for part in parts if part) or "Search"


def _page(parameters: Mapping[str, str], number: int) -> Page:
    return Page(f"{SEARCH_PATH}/", urlencode({**parameters, **({"page": str(number)} if number > 1 else {})}))
