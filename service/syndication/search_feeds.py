"""Any search as a feed, newest first, page by page (RFC 5005 §3): built when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from archive.errors import NotFound
from archive.search.index import MAX_PER_PAGE, SearchQuery, Sort
from feeds.channel import Page
from feeds.document import Document
from feeds.spec import FeedSpec, Format, minted
from service.search import read_query

if TYPE_CHECKING:
    from feeds.builder import FeedBuilder
    from service.dateline import Dateline


CACHE_BYTES = 8 * 1024 * 1024  # of each web process
HOME = "/search"
FOLDER = "/search/"


class SearchFeed(NamedTuple):
    """`address` is the one that stands for all that say the same."""

    document: Document
    address: str


class SearchFeeds:
    """The feeds of one site's searches."""

    def __init__(self, dateline: Dateline) -> None:
        self.dateline = dateline

    def build(self, feed_format: Format, args: Mapping[str, str]) -> SearchFeed:
        """The feed at a search address with these parameters.

        Raises InvalidQuery for parameters that cannot be read, NotFound for a page after the last one."""
        usual = min(self.dateline.settings.feed_length, MAX_PER_PAGE)
        query = replace(
            read_query({"per_page": str(usual), **args}), sort=Sort.NEWEST, with_facets=False
        )  # a feed has an order of its own
        results = self.dateline.index.search(query)
        pages = max(1, -(-results.total // query.per_page))
        if query.page > pages:
            raise NotFound(f"this search has {pages:,} pages")
        articles = self.dateline.archive.articles.get_many([hit.id for hit in results.hits])
        found = [articles[hit.id] for hit in results.hits if hit.id in articles and articles[hit.id].is_public]
        asked = feed_parameters(query, usual=usual)
        links = {
            "first": _page(asked, 1),
            "previous": _page(asked, query.page - 1) if query.page > 1 else None,
            "next": _page(asked, query.page + 1) if query.page < pages else None,
            "last": _page(asked, pages),
        }
        page = _page(asked, query.page)
        documents = self._builder.build(
            self._spec(query, asked),
            found,
            page=page,
            links={relation: other for relation, other in links.items() if other is not None},
        )
        return SearchFeed(documents[list(Format).index(feed_format)], page.address(self.dateline.site, feed_format))

    def _spec(self, query: SearchQuery, asked: Mapping[str, str]) -> FeedSpec:
        site, identity = self.dateline.site, self._builder.identity
        return FeedSpec(
            scope=None,
            id=f"{identity}/search?{urlencode(asked)}",
            title=f"{search_name(query)} – {site.title}",
            description=site.description,
            home=HOME,
            since=minted(identity),
            parameters=urlencode(asked),
        )

    @cached_property
    def _builder(self) -> FeedBuilder:
        from feeds.builder import FeedBuilder  # with feedgen, which most web processes do without

        return FeedBuilder(
            self.dateline.site,
            self.dateline.identity(),
            extents=self.dateline.settings.feed_content,
            cache_bytes=CACHE_BYTES,
        )


def feed_parameters(query: SearchQuery, *, usual: int | None = None) -> dict[str, str]:
    """What makes one search another one, in one order, so that one search has one feed.

    `usual` is the number of entries where the address says nothing else; without it the number does not count."""
    said = {
        "q": query.text,
        "section": query.section,
        "tag": query.tag,
        "author": query.author,
        "language": query.language,
        "from": query.first_day and query.first_day.isoformat(),
        "to": query.last_day and query.last_day.isoformat(),
        "per_page": str(query.per_page) if usual not in (None, query.per_page) else None,
    }
    return {name: value for name, value in said.items() if value}


def search_name(query: SearchQuery) -> str:
    """The search in one line: `“wheat export”, usa, from 1987-03-01`."""
    parts = [f"“{query.text}”" if query.text else "", query.section, query.tag, query.author, query.language]
    if query.first_day:
        parts.append(f"from {query.first_day}")
    if query.last_day:
        parts.append(f"until {query.last_day}")
    return ", ".join(part for part in parts if part) or "Search"


def _page(asked: Mapping[str, str], number: int) -> Page:
    return Page(FOLDER, urlencode({**asked, **({"page": str(number)} if number > 1 else {})}))
