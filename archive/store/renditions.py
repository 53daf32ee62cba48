"""Finished documents (feeds, sitemaps), as they are stored and served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from archive.store.feed_history import Contents


@dataclass(frozen=True, slots=True)
class Representation:
    """A document's bytes in one content coding (RFC 9110 §3.2), with their strong ETag, quotes included (§8.8.3)."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished document.

    `modified` is the first whole second, UTC, at which its bytes were these. `position` is the log position that it
    was built from. `codings` has "identity" and the pre-compressed forms, by their names in Content-Encoding.
    `contents` is given for live feeds when they are stored; `Archive.lineage` has the history made of it."""

    path: str
    media_type: str
    modified: datetime
    position: int
    codings: Mapping[str, Representation]
    contents: Contents | None = field(default=None, repr=False, compare=False)
