"""Deltas of feeds: the entries since a version that the client has (RFC 3229 with the instance manipulation `feed`).

A delta is the feed's own document with only the entries that are new or have changed. It is not built: the bytes of
these entries are taken out of the finished document. `FeedHistory.entries_since` says how a client merges it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from cachetools import FIFOCache

from archive.errors import DatelineError
from archive.store.archive import Archive
from archive.store.feed_history import Entry, FeedHistory, Version
from archive.store.renditions import IDENTITY, Rendition
from service.http.conditional import entity_tags, quality

log = logging.getLogger(__name__)

MANIPULATION: Final = "feed"
MAX_COMPRESSED: Final = 64 * 1024  # bytes of a delta that is compressed at a request: 1 ms with br
PAUSE: Final = 2.0  # seconds without a query after the archive has failed
MAX_BYTES: Final = 4 * 1024 * 1024  # of cached deltas
MAX_HISTORIES: Final = 64  # cached, of up to 60 KB each
_FEEDPARSER: Final = "feedparser/"  # the library sends `A-IM: feed` for every program that sets no agent of its own
_OVERHEAD: Final = 500  # bytes of a key and its slot, roughly

_Key = tuple[str, int, str, str]  # path, number of the known version, current ETag, coding


@dataclass(frozen=True, slots=True)
class Delta:
    """`base` is the ETag of the version it applies to, quotes included; None if the client named only one."""

    body: bytes
    base: str | None = None


class Deltas:
    """Deltas of stored documents. Threads may share them."""

    def __init__(
        self, archive: Archive, *, max_bytes: int = MAX_BYTES, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.archive = archive
        self.ticks = ticks
        self._paused_until = 0.0
        # By path, with the current ETag; None for a document without history.
        self._histories: FIFOCache[str, tuple[str, FeedHistory | None]] = FIFOCache(MAX_HISTORIES)
        self._bodies: FIFOCache[_Key, bytes] = FIFOCache(max_bytes, getsizeof=lambda body: len(body) + _OVERHEAD)
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """Bytes of the cached deltas."""
        return int(self._bodies.currsize)

    def since(self, if_none_match: str, rendition: Rendition, coding: str) -> Delta | None:
        """The delta since the oldest known version in an If-None-Match, in this content coding.

        None if there is none or it saves nothing: the version is unknown or forgotten, an entry was removed without a
        tombstone, or the whole document is not longer."""
        current = rendition.identity
        history = self._history(rendition.path, current.etag)
        # A compressing proxy weakens our tags; the entries are the same.
        tags = [tag.removeprefix("W/") for tag in entity_tags(if_none_match)]
        found = history and history.known_version(tags)
        if not history or not found:
            return None
        version, base = found
        key = (rendition.path, version.number, current.etag, coding)
        with self._lock:
            body = self._bodies.get(key)
        if body is None:
            body = build_delta(history, version, rendition, coding)
            self._keep(key, body)
        return Delta(body, base if len(tags) > 1 else None) if body else None

    def _history(self, path: str, etag: str) -> FeedHistory | None:
        """The history of the document with this current ETag; None if the archive has a newer one, or fails."""
        with self._lock:
            known = self._histories.get(path)
        if known is not None and known[0] == etag:
            return known[1]
        if self.ticks() < self._paused_until:
            return None
        try:
            history = self.archive.renditions.history(path)
        except DatelineError as error:
            log.warning("%s is served whole: %s", path, error)
            self._paused_until = self.ticks() + PAUSE
            return None
        if history is not None and not history.describes(etag):
            return None
        with self._lock:
            self._histories[path] = (etag, history)
        return history

    def _keep(self, key: _Key, body: bytes) -> None:
        if (
            len(body) + _OVERHEAD <= self._bodies.maxsize
        ):  # cachetools raises ValueError for an item larger than the cache
            with self._lock:
                self._bodies[key] = body


def accepts_deltas(a_im: str, user_agent: str = "") -> bool:
    """Whether a client accepts deltas of feeds: `A-IM: feed`, alone or in a list (RFC 3229 §10.5.3).

    False for programs that use feedparser under its default agent and do not know that it sends the header:
    rss2email 3.13 takes 226 for an error and sends no mail."""
    if user_agent.startswith(_FEEDPARSER):
        return False
    for item in a_im.lower().split(","):
        name, _, parameters = item.partition(";")
        if name.strip() == MANIPULATION:
            return quality(parameters) > 0
    return False


def extract_entries(document: bytes, entries: Sequence[Entry], wanted: Sequence[Entry]) -> bytes:
    """The document with only the wanted of its entries. `entries` are all of them, in order."""
    if not entries:
        return document
    between = document[entries[0].end : entries[1].start] if len(entries) > 1 else b""
    chosen = between.join(document[entry.start : entry.end] for entry in wanted)
    return document[: entries[0].start] + chosen + document[entries[-1].end :]


def build_delta(history: FeedHistory, known: Version, rendition: Rendition, coding: str) -> bytes:
    """The body of a delta since the known version; empty if it would not be shorter than the whole document."""
    new = history.entries_since(known)
    if new is None:
        return b""
    plain = extract_entries(rendition.identity.body, history.contents.entries, new)
    if coding != IDENTITY and len(plain) > MAX_COMPRESSED:
        return b""
    body = _encoded(plain, coding)
    return body if len(body) < len(rendition.codings[coding].body) else b""


def _encoded(body: bytes, coding: str) -> bytes:
    if coding == IDENTITY:
        return body
    from feeds.content_codings import CODERS  # here, as it loads br and zstd, which few web processes need

    return CODERS[coding](body)
