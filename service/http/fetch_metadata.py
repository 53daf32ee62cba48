"""What a browser says it will do with an answer (Fetch Metadata)."""

from __future__ import annotations

from collections.abc import Mapping


def opens_in_browser(headers: Mapping[str, str]) -> bool:
    """Whether a browser asks in order to show the answer as a page of its own (Fetch Metadata §2.1).

    No feed reader says so: those within browsers use `fetch`, whose destination is empty."""
    return headers.get("HTTP_SEC_FETCH_DEST") == "document"
