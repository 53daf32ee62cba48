"""The feeds that a search page names."""

from __future__ import annotations

from archive.search.index import SearchQuery
from service.links import Addresses
from service.syndication.search_feeds import FOLDER, feed_parameters, search_name
from service.web.pages.view_models import FORMAT_NAMES, FeedLink


def search_feed_links(query: SearchQuery, addresses: Addresses) -> list[FeedLink]:
    """The feeds of what a reader looks at."""
    parameters = feed_parameters(query)
    title = f"{search_name(query)} – {addresses.site.title}"
    return [
        FeedLink(
            format=name,
            title=f"{title} ({name})",
            href=addresses.absolute(FOLDER + feed_format.suffix, **parameters),
            media_type=feed_format.media_type.partition(";")[0],
        )
        for feed_format, name in FORMAT_NAMES.items()
    ]
