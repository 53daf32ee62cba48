"""Caches the documents under delivery: each is read once for many subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from cachetools import FIFOCache

from archive.store.archive import Archive
from archive.store.changes import ChangeKind
from archive.store.renditions import Rendition

MAX_DOCUMENTS: Final = 64


@dataclass(frozen=True, slots=True)
class DeliveredDocument:
    """The document contains all changes up to `position` in the log."""

    rendition: Rendition
    position: int


class DocumentCache:
    """Shared among threads; each document is read once for each change."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._lock = Lock()
        self._documents: FIFOCache[str, DeliveredDocument] = FIFOCache(MAX_DOCUMENTS)

    def at_least(self, position: int, path: str) -> DeliveredDocument | None:
        """The document at `path`, not older than a log position; None if it no longer exists."""
        with self._lock:
            cached = self._documents.get(path)
            if cached is not None and cached.position >= position:
                return cached
            # Read before the document: its bytes are at least as new as this position.
            head = self.archive.changes.last(ChangeKind.RENDITION)
            rendition = self.archive.renditions.get(path)
            if rendition is None:
                return None
            document = DeliveredDocument(rendition, max(head, position))
            self._documents[path] = document
            return document

    def clear(self) -> None:
        with self._lock:
            self._documents.clear()
