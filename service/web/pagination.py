"""Cursors: places in a list, as they stand in addresses."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from archive.article import Article
from archive.store.listings import SortKey
from archive.timestamps import rfc3339, utc

_UTC: Final = ZoneInfo("UTC")


# Cursors ----------------------------------------------------------------------------------------------


def cursor_of(article: Article) -> str:
    """The place below an article, in letters that need no escaping in addresses."""
    place = SortKey.of(article)
    return base64.urlsafe_b64encode(f"{rfc3339(place.sort_date)} {place.id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> SortKey:
    """Raises ValueError for what no list has ever handed out."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("this is not a place in a list") from error
    instant, _, article_id = text.partition(" ")
    if not article_id or "\0" in article_id:
        raise ValueError("this is not a place in a list")
    return SortKey(utc(datetime.fromisoformat(instant), _UTC), article_id)
