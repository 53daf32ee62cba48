"""Finished documents, as they are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from archive.store.feed_history import Contents


@dataclass(frozen=True, slots=True)
class Coded:
    """One representation's bytes with their strong ETag, quotes included (RFC 9110 §8.8.3)."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished document. `modified` is the first whole second, UTC, at which its bytes were these.

    `position` is the log position that it was built from; `codings` has "identity" and the
    pre-compressed forms by their names in Content-Encoding. `contents` is said of lists when they are
    stored; what has become of it is told by `Archive.lineage`."""

    path: str
    media_type: str
    modified: datetime
    position: int
    codings: Mapping[str, Coded]
    contents: Contents | None = field(default=None, repr=False, compare=False)
