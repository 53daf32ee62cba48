"""Responses that pages share: validators with 304 (RFC 9110 §13), cache lifetimes, and Not Found."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from service.links import Addresses
from service.web.pages.layout import error_page
from service.web.pages.view_models import Link

# A browser asks every time, so that a reader sees what has just been published; the answer is mostly 304.
# A shared cache in front may answer many readers by itself for a moment.
FRESHNESS: Final = "max-age=0, s-maxage=10, stale-while-revalidate=30"
FEED_FRESHNESS: Final = f"{FRESHNESS}, stale-if-error=86400"


def validate_pages(response: Response) -> Response:
    """Add validators to pages that have no Cache-Control of their own, and answer 304 to a client that has the bytes.

    A withdrawn article may be published again: no cache may choose for itself how long to keep its 410."""
    if response.status_code == 410:
        response.headers["Cache-Control"] = FRESHNESS
    if response.status_code == 200 and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = FRESHNESS
        add_validators(response)
    return response


def add_validators(response: Response) -> Response:
    """Add an ETag, and turn the response into 304 if the request names it."""
    response.vary.add("Accept-Encoding")
    response.add_etag()
    response.make_conditional(request)
    return response


def not_found(
    addresses: Addresses, message: str = "There is no page at this address.", *, search_for: str = ""
) -> Response:
    """404, with a link to a search for some words."""
    search = Link(f"Search for “{search_for}”", addresses.href("/search", q=search_for))
    return error_page(404, "Not found", message, links=[search] if search_for else [])
