"""What is new in a feed since the version that a reader has (RFC 3229 with the instance manipulation `feed`).

A delta is the feed's own document with only the entries that are new or have changed; nothing is built for it:
the bytes of its entries are cut out of the finished document. Whoever merges it into what he has by the ids of
entries, takes out what `at:deleted-entry` names and keeps no more than the feed holds, has the whole feed."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from archive.errors import DatelineError
from archive.store.archive import Archive
from archive.store.feed_history import Entry, Lineage, Version
from archive.store.renditions import Rendition
from service.http.conditional import entity_tags, quality

log = logging.getLogger(__name__)

MANIPULATION: Final = "feed"
MOST_COMPRESSED: Final = 64 * 1024  # bytes of a delta that a request may compress: 1 ms with br
PATIENCE: Final = 2.0  # seconds for which an archive that did not answer is left alone
MAX_RESPONSE_BYTES: Final = 4 * 1024 * 1024  # of the deltas that are kept
MOST_LINEAGES: Final = 64  # of 60 KB each, at most
_UNASKED: Final = "feedparser/"  # the library says `A-IM: feed` for every program that names itself no other way
_IDENTITY: Final = "identity"
_OVERHEAD: Final = 500  # bytes of a key and its place, roughly

_Key = tuple[str, int, str, str]  # path, number of the base, present ETag, coding


@dataclass(frozen=True, slots=True)
class Delta:
    """`base` is the ETag of the version that it begins with, quotes included, where the client has named several."""

    body: bytes
    base: str | None = None


class Deltas:
    """Deltas of stored documents. Threads may share them."""

    def __init__(
        self, archive: Archive, *, max_bytes: int = MAX_RESPONSE_BYTES, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.archive = archive
        self.ticks = ticks
        self._silent_until = 0.0  # an archive that did not answer is left alone
        self.max_bytes = max_bytes
        self._lineages: OrderedDict[str, tuple[str, Lineage | None]] = OrderedDict()  # by path, with the present ETag
        self._bodies: OrderedDict[_Key, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def since(self, if_none_match: str, rendition: Rendition, coding: str) -> Delta | None:
        """What is new since a version that the client names, in the content coding of the answer.

        None where there is nothing to be gained: the version is not known (any more), what has become of its
        entries could not be said, or the whole document is not longer."""
        present = rendition.codings[_IDENTITY]
        lineage = self._lineage(rendition.path, present.etag)
        # A proxy that compresses makes our tags weak: the entries are the same all the same.
        tags = [tag.removeprefix("W/") for tag in entity_tags(if_none_match)]
        found = lineage and lineage.base(tags)
        if not lineage or not found:
            return None
        version, base = found
        key = (rendition.path, version.number, present.etag, coding)
        body = self._bodies.get(key)
        if body is None:
            body = _made(lineage, version, rendition, coding)
            self._keep(key, body)
        return Delta(body, base if len(tags) > 1 else None) if body else None

    def _lineage(self, path: str, etag: str) -> Lineage | None:
        """The lineage of the document that has this ETag now; None where the archive has moved on, or is away."""
        known = self._lineages.get(path)
        if known is not None and known[0] == etag:
            return known[1]
        if self.ticks() < self._silent_until:
            return None
        try:
            lineage = self.archive.renditions.history(path)
        except DatelineError as error:
            log.warning("%s is served whole: %s", path, error)
            self._silent_until = self.ticks() + PATIENCE
            return None
        if lineage is not None and not lineage.describes(etag):
            return None
        with self._lock:
            self._lineages[path] = (etag, lineage)
            self._lineages.move_to_end(path)
            while len(self._lineages) > MOST_LINEAGES:
                self._lineages.popitem(last=False)
        return lineage

    def _keep(self, key: _Key, body: bytes) -> None:
        with self._lock:
            self._drop(key)
            self._bodies[key] = body
            self._bytes += len(body) + _OVERHEAD
            while self._bytes > self.max_bytes:
                self._drop(next(iter(self._bodies)))

    def _drop(self, key: _Key) -> None:
        dropped = self._bodies.pop(key, None)
        if dropped is not None:
            self._bytes -= len(dropped) + _OVERHEAD


def is_asked_for(a_im: str, user_agent: str = "") -> bool:
    """Whether a client takes deltas of feeds: `A-IM: feed`, alone or in a list (RFC 3229 §10.5.3).

    Programs that use feedparser take it without knowing: to rss2email 3.13, 226 is an error, and no mail is sent."""
    if user_agent.startswith(_UNASKED):
        return False
    for item in a_im.lower().split(","):
        name, _, parameters = item.partition(";")
        if name.strip() == MANIPULATION:
            return quality(parameters) > 0
    return False


def cut(document: bytes, entries: Sequence[Entry], wanted: Sequence[Entry]) -> bytes:
    """The document with the wanted ones of its entries alone."""
    if not entries:
        return document
    between = document[entries[0].end : entries[1].start] if len(entries) > 1 else b""
    chosen = between.join(document[entry.start : entry.end] for entry in wanted)
    return document[: entries[0].start] + chosen + document[entries[-1].end :]


def _made(lineage: Lineage, base: Version, rendition: Rendition, coding: str) -> bytes:
    """The body of a delta; nothing where there is nothing to be gained."""
    news = lineage.news(base)
    if news is None:
        return b""
    plain = cut(rendition.codings[_IDENTITY].body, lineage.contents.entries, news)
    if coding != _IDENTITY and len(plain) > MOST_COMPRESSED:
        return b""
    body = _coded(plain, coding)
    return body if len(body) < len(rendition.codings[coding].body) else b""


def _coded(body: bytes, coding: str) -> bytes:
    if coding == _IDENTITY:
        return body
    from feeds.content_codings import CODERS  # with br and zstd, which only those web processes load that need them

    return CODERS[coding](body)
