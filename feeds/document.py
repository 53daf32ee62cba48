"""What the writers give: a finished document and its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from archive.store.feed_history import Contents
from feeds.spec import Format

TOMBSTONES_LAST = timedelta(days=90)  # counted from a feed's latest change

# What stands in a document once it has an entry, and nowhere in one that has none: text there is escaped.
_ENTRY = {Format.RSS: b"<item", Format.ATOM: b"<entry", Format.JSON: b'"items":[{'}


@dataclass(frozen=True, slots=True)
class Document:
    """`path` is not percent-encoded; `media_type` as Content-Type says it. `contents` is known of live feeds."""

    path: str
    media_type: str
    body: bytes = field(repr=False)
    contents: Contents | None = field(default=None, repr=False)


def has_entries(body: bytes, feed_format: Format) -> bool:
    """Whether there is an entry in a feed, by its bytes alone."""
    return _ENTRY[feed_format] in body
