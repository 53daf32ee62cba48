"""Responses that pages share: validators with 304 (RFC 9110 §13), cache lifetimes, and Not Found."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from archive.urls import SEARCH_PATH
from service.links import Addresses
from service.web.pages.layout import error_page
from service.web.pages.view_models import Link

# Browsers revalidate every time, so that new articles appear at once; the response is mostly 304.
# A shared cache may answer by itself for a few seconds.
FRESHNESS: Final = "max-age=0, s-maxage=10, stale-while-revalidate=30"
FEED_FRESHNESS: Final = f"{FRESHNESS}, stale-if-error=86400"


def validate_pages(response: Response) -> Response:
    """Add validators to pages without a Cache-Control of their own, and answer 304 to a client that has the bytes.

    A withdrawn article may be published again, so its 410 gets an explicit lifetime."""
    if response.status_code == 410:
        response.headers["Cache-Control"] = FRESHNESS
    if response.status_code == 200 and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = FRESHNESS
        add_validators(response)
    return response


def add_validators(response: Response) -> Response:
    """Add an ETag; change the response to 304 if the request has it in If-None-Match."""
    response.vary.add("Accept-Encoding")
    response.add_etag()
    response.make_conditional(request)
    return response


def not_found(
    addresses: Addresses, message: str = "There is no page at this address.", *, search_for: str = ""
) -> Response:
    """404. With `search_for`, the page links to a search for these words."""
    search = Link(f"Search for “{search_for}”", addresses.href(SEARCH_PATH, q=search_for))
    return error_page(404, "Not found", message, links=[search] if search_for else [])
