"""Finished documents (feeds, sitemaps), as they are stored and served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from archive.store.changes import Lease
from archive.store.feed_history import Contents, FeedHistory


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
    `contents` is given for live feeds when they are stored; `Renditions.history` returns their versions."""

    path: str
    media_type: str
    modified: datetime
    position: int
    codings: Mapping[str, Representation]
    contents: Contents | None = field(default=None, repr=False, compare=False)


class Renditions(Protocol):
    """Finished documents by path, each with the history of its entries."""

    def get(self, path: str) -> Rendition | None: ...

    def put(self, renditions: Sequence[Rendition], lease: Lease) -> Sequence[str]:
        """Store the documents whose bytes changed, with a log line each; returns their paths.

        Unchanged bytes change nothing, and a document built from an older log position never replaces a newer one.
        Raises LeaseLost, and stores nothing, if the lease is stale."""
        ...

    def etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The ETags of the identity representations of the documents that are stored, by path."""
        ...

    def paths(self) -> Iterator[str]: ...

    def history(self, path: str) -> FeedHistory | None:
        """The known versions of a live feed; None for other documents."""
        ...
