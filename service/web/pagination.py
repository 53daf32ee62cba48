"""Cursors: positions in a list, encoded for URLs."""

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
    """The position after an article, in URL-safe base64."""
    position = SortKey.of(article)
    return base64.urlsafe_b64encode(f"{rfc3339(position.sort_date)} {position.id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> SortKey:
    """The position in a cursor. Raises ValueError for text that is not a cursor."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not a cursor of a list") from error
    instant, _, article_id = text.partition(" ")
    if not article_id or "\0" in article_id:
        raise ValueError("not a cursor of a list")
    return SortKey(utc(datetime.fromisoformat(instant), _UTC), article_id)
