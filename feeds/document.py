"""A rendered document with its path."""

from __future__ import annotations

from dataclasses import dataclass, field

from archive.store.feed_history import Contents


@dataclass(frozen=True, slots=True)
class Document:
    """`path` is not percent-encoded; `media_type` is the Content-Type value. `contents` is set for live feeds only."""

    path: str
    media_type: str
    body: bytes = field(repr=False)
    contents: Contents | None = field(default=None, repr=False)
