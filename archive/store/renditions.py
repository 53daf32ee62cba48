"""The port for finished documents (feeds, sitemaps), stored as they are served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from archive.store.changes import Lease
from archive.store.feed_history import Contents, FeedHistory

IDENTITY: Final = "identity"  # the content coding that is none (RFC 9110 §12.5.3)


@dataclass(frozen=True, slots=True)
class Representation:
    """A document's bytes in one content coding (RFC 9110 §3.2, §8.4), and their strong ETag with quotes (§8.8.3)."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished document.

    `modified` is when its bytes last changed, UTC, in whole seconds. `position` is the log position that it was built
    from. `codings` has the IDENTITY and the compressed representations, by their names in Content-Encoding.
    `contents` is set for live feeds when they are stored; `Renditions.history` returns their versions."""

    path: str
    media_type: str
    modified: datetime
    position: int
    codings: Mapping[str, Representation]
    contents: Contents | None = field(default=None, repr=False, compare=False)

    @property
    def identity(self) -> Representation:
        """The representation that is not compressed."""
        return self.codings[IDENTITY]


class Renditions(Protocol):
    """Finished documents by path. Live feeds have the history of their entries."""

    def get(self, path: str) -> Rendition | None:
        """The document with all its representations, of one build; None if there is none."""
        ...

    def put(self, renditions: Sequence[Rendition], lease: Lease) -> Sequence[str]:
        """Store the documents whose bytes changed, each with a log line; returns their paths.

        A document with unchanged bytes only gets its new position. One that was built from an older log position never
        replaces a newer one. Raises LeaseLost, and stores nothing, if the lease is stale."""
        ...

    def etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The ETags of the documents' identity representations, by path. Paths without a document are omitted."""
        ...

    def paths(self) -> Iterator[str]:
        """The paths of all documents, in alphabetical order."""
        ...

    def history(self, path: str) -> FeedHistory | None:
        """The known versions of a live feed; None for other documents, and if there is no document."""
        ...
