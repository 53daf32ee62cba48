"""Search: the page, the feeds of searches, the API and suggestions while typing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flask import Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from archive.errors import IndexUnavailable, InvalidQuery
from archive.urls import SEARCH_PATH
from feeds.format import FORMATS
from service.dateline import Dateline
from service.http.fetch_metadata import opens_in_browser
from service.links import Addresses
from service.search import search_document, search_page
from service.syndication.search_feeds import SearchFeeds
from service.web.json import to_json
from service.web.pages.layout import addresses_of, error_page, render
from service.web.pages.responses import FEED_FRESHNESS, add_validators
from service.web.pages.view_models import Head
from service.web.site.search_feed_links import search_feed_links
from service.web.site.search_page import problems_view, results_view
from service.web.site.suggestions import FRESHNESS as SUGGESTIONS_FRESH
from service.web.site.suggestions import MEDIA_TYPE as SUGGESTIONS
from service.web.site.suggestions import suggestion_document

RETRY_AFTER: Final = 10  # seconds


class SearchViews:
    """`about_feed` returns the page about a feed, for people who open one in a browser."""

    def __init__(self, dateline: Dateline, about_feed: Callable[[str], AnyResponse]) -> None:
        self.dateline = dateline
        self.site = dateline.site
        self.feeds = SearchFeeds(dateline)
        self.about_feed = about_feed

    @property
    def addresses(self) -> Addresses:
        return addresses_of(self.site)

    def search(self) -> AnyResponse:
        args = request.args.to_dict()
        head = Head(title="Search", description=f"Search in {self.site.title}.", robots="noindex, follow")
        try:
            page = search_page(self.dateline, args)
        except InvalidQuery as error:
            view = problems_view(error.problems, args, self.addresses)
            return render("site/search.html", head, status=400, view=view)
        except IndexUnavailable:
            return self._not_searchable()
        view = results_view(page, args, self.addresses)
        status = 404 if page.query.page > max(page.pages, 1) else 200
        feeds = search_feed_links(page.query, self.addresses)
        head = replace(head, title=f"{page.query.text} – Search" if page.query.text else head.title, feeds=feeds)
        return render("site/search.html", head, status=status, view=view, feeds=feeds)

    def search_feed(self, name: str) -> AnyResponse:
        if opens_in_browser(request.environ):
            return self.about_feed(f"{SEARCH_PATH}/{name}?{request.query_string.decode('ascii', 'replace')}")
        document, address = self.feeds.build(FORMATS[name], request.args.to_dict())
        response = Response(document.body, content_type=document.media_type)
        response.headers["Cache-Control"] = FEED_FRESHNESS
        response.vary.add("Sec-Fetch-Dest")
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "ETag"
        response.headers["Link"] = f'<{address}>; rel="self"'
        return add_validators(response)

    def _not_searchable(self) -> AnyResponse:
        message = "The search index is being prepared. The rest of the site works. Please try again in a moment."
        response = error_page(503, "Search is not available", message)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    def search_api(self) -> AnyResponse:
        response = jsonify(search_document(search_page(self.dateline, request.args.to_dict()), self.addresses))
        response.headers["Cache-Control"] = "no-cache"
        return response

    def suggest(self) -> AnyResponse:
        document = suggestion_document(self.dateline, request.args.to_dict(), self.addresses)
        response = Response(to_json(document), content_type=SUGGESTIONS)
        response.headers["Cache-Control"] = SUGGESTIONS_FRESH
        return response
