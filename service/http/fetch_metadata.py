"""Fetch Metadata: what a browser will do with a response."""

from __future__ import annotations

from collections.abc import Mapping


def opens_in_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser navigates to this URL, to show the response as a page (Fetch Metadata §2.1).

    Feed readers do not send this: those within browsers use `fetch`, whose destination is empty."""
    return headers.get("HTTP_SEC_FETCH_DEST") == "document"
