"""Links from a search page to the feeds of the search."""

from __future__ import annotations

from archive.search.index import SearchQuery
from archive.urls import SEARCH_PATH
from feeds.format import FORMATS
from service.links import Addresses
from service.syndication.search_feeds import feed_parameters, search_name
from service.web.pages.view_models import FeedLink


def search_feed_links(query: SearchQuery, addresses: Addresses) -> list[FeedLink]:
    """Links to the feeds of a search, in the order of the table of formats."""
    parameters = feed_parameters(query)
    title = f"{search_name(query)} – {addresses.site.title}"
    return [
        FeedLink(
            format=feed_format.title,
            title=f"{title} ({feed_format.title})",
            href=addresses.absolute(f"{SEARCH_PATH}/{feed_format.suffix}", **parameters),
            media_type=feed_format.link_type,
        )
        for feed_format in FORMATS.values()
    ]
