"""The fast path: serves stored feeds and sitemaps from memory, in plain WSGI, in front of Flask."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from threading import Lock
from typing import NamedTuple
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cachetools import FIFOCache

from archive.errors import DatelineError
from archive.site import Site
from archive.store.archive import Archive
from archive.store.renditions import IDENTITY, Rendition, Representation
from archive.urls import ABOUT_FEED_PATH, SEARCH_PATH
from feeds.format import FORMATS
from feeds.sitemap import is_sitemap
from feeds.spec import parse_feed_path
from feeds.touched import TOMBSTONE_LIFETIME
from service.http.conditional import Outcome, accepted_codings, evaluate, matches, unchanged_since_part
from service.http.fetch_metadata import opens_in_browser
from service.http.ranges import Unsatisfiable, byte_range
from service.web.feeds.deltas import MANIPULATION, Delta, Deltas, accepts_deltas
from service.web.feeds.throttle import Throttle
from service.websub.protocol import link_header

log = logging.getLogger(__name__)

CHECK_INTERVAL = 0.1  # seconds for which a cached document is served without asking the archive for its ETag
PAUSE = 2.0  # seconds without a query after a failure of the archive
RETRY_AFTER = "5"  # seconds
MAX_BYTES = 32 * 1024 * 1024  # of cached documents, in all codings
MAX_CACHED_HEADER = 100  # characters of an Accept-Encoding whose result is cached; clients send up to 40
CACHE_CONTROL = "max-age=60, stale-while-revalidate=60, stale-if-error=86400"
# A cache that does not know instance manipulations stores no delta; one that does ignores `no-store` (RFC 3229 §10.8.2).
DELTA_CACHE_CONTROL = "no-store, im"
VARY = "Accept-Encoding"
FEED_VARY = f"{VARY}, Sec-Fetch-Dest"  # a browser that opens a feed gets a page
DELTA_VARY = f"{FEED_VARY}, A-IM, If-None-Match"
EXPOSED = "Access-Control-Expose-Headers"  # to scripts of other sites, besides the safelisted ones (Fetch §3.2.6)

POLLING = "/feeds#programs"
TOO_OFTEN = """Too many unconditional requests: you have loaded this whole feed many times within an hour.

Send its ETag back in If-None-Match. If nothing has changed, the answer is 304 and a few bytes, and there is no limit.
If you also send "A-IM: feed", you receive only new entries. See {}.
"""

GONE = b"This feed is gone, because it has been empty for a long time. It returns with the next article.\n"
GONE_CACHE_CONTROL = "max-age=3600"  # without it caches choose a lifetime, and may miss the next article

# Scripts of other sites may read feeds. They send a preflight for requests with these headers (Fetch §3.2).
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since, A-IM, Range, If-Range, Cache-Control"),
    ("Access-Control-Max-Age", "86400"),
]
# For responses to the preconditions of one request, which caches must not reuse.
_REFUSAL = [
    ("Cache-Control", "no-store"),
    ("Access-Control-Allow-Origin", "*"),
    ("Content-Length", "0"),
]
_SEARCH_FOLDER = f"{SEARCH_PATH}/"
_cached_codings = lru_cache(maxsize=1024)(accepted_codings)
READ_METHODS = ("GET", "HEAD")
Headers = list[tuple[str, str]]


class Answer(NamedTuple):
    """A response: status line, headers and body."""

    status: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Variant:
    """A document in one content coding, with its headers."""

    coding: str
    etag: str
    body: bytes
    headers: Headers  # of a 200
    bare: Headers  # of a 304: the caching headers of the 200 (RFC 9110 §15.4.5)


@dataclass(slots=True)
class CachedDocument:
    """A document in memory.

    `checked`: ticks at which it was last compared with the archive. `variants` go by coding, the smallest first.
    `gone_since`: when the empty feed becomes 410, or became so, UTC. `modified`: its Last-Modified; None within the
    second of the change, as bytes that may change again in that second must not share a date (RFC 9110 §8.8.2)."""

    rendition: Rendition
    checked: float
    is_feed: bool
    variants: Mapping[str, Variant]
    size: int  # bytes, of all variants
    gone_since: datetime | None
    modified: datetime | None = None

    def date(self) -> None:
        """Add Last-Modified to the headers, once."""
        if self.modified is not None:
            return
        modified = self.rendition.modified
        dated = [("Last-Modified", format_datetime(modified, usegmt=True))]
        self.variants = {
            coding: replace(variant, headers=variant.headers + dated, bare=variant.bare + dated)
            for coding, variant in self.variants.items()
        }
        self.modified = modified


class PreparedDocuments:
    """A WSGI application that serves stored documents and passes all other requests on to `otherwise`.

    A cached document is compared with the archive at most once per CHECK_INTERVAL, so that thousands of requests cost
    one query. While the archive fails, cached documents are served. Bodies are lists: Granian iterates over anything
    else, which takes half as long again.

    The cache evicts the document that was checked least recently, so that requests read it without a lock."""

    def __init__(
        self,
        archive: Archive,
        otherwise: WSGIApplication,
        *,
        clock: Callable[[], datetime],
        site: Site | None = None,
        max_bytes: int = MAX_BYTES,
        unconditional_gets: int = 0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.archive = archive
        self.otherwise = otherwise
        self.clock = clock
        self.site = site
        self.ticks = ticks
        self.deltas = Deltas(archive)
        self.throttle = Throttle(unconditional_gets, ticks=ticks)
        self._cache: FIFOCache[str, CachedDocument] = FIFOCache(max_bytes, getsizeof=lambda cached: cached.size)
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """Bytes of the cached documents."""
        return int(self._cache.currsize)

    def answer_from_memory(self, environ: WSGIEnvironment) -> Answer | None:
        """The answer if it needs no query, within a few µs; None otherwise."""
        cached = self._cached(environ["PATH_INFO"])
        if (
            cached is None
            or self.ticks() - cached.checked > CHECK_INTERVAL
            or "HTTP_A_IM" in environ
            or opens_in_browser(environ)
        ):
            return None
        return self._answer(cached, environ)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        is_feed = _is_feed(path)
        if not is_feed and not is_sitemap(path):
            return self.otherwise(environ, start_response)
        cached = self._cached(path)
        if cached is None or self.ticks() - cached.checked > CHECK_INTERVAL:
            if path.startswith(_SEARCH_FOLDER):
                return self._search(environ, start_response)
            try:
                cached = self._checked(path, cached)
            except DatelineError as error:
                log.error("%s: %s", path, error)
                return _send(_unavailable(), start_response)
            if cached is None:
                return self.otherwise(environ, start_response)
        if (
            is_feed
            and environ["REQUEST_METHOD"] in READ_METHODS
            and opens_in_browser(environ)
            and not self._is_gone(cached)
        ):
            asked = {"PATH_INFO": ABOUT_FEED_PATH, "QUERY_STRING": urlencode({"feed": cached.rendition.path})}
            return self.otherwise({**environ, **asked}, start_response)
        return _send(self._answer(cached, environ), start_response)

    def _search(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Throttle feeds of searches before the application: it builds them at each request."""
        if environ["REQUEST_METHOD"] not in READ_METHODS:
            return _send(_wrong_method(environ), start_response)
        if environ["REQUEST_METHOD"] == "GET" and not opens_in_browser(environ):
            # A hash: clients choose the URL, and the table of counts must stay small.
            asked = hash((environ["PATH_INFO"], environ.get("QUERY_STRING", "")))
            wait = self.throttle.wait(environ, f"search {asked}")
            if wait:
                return _send(self._too_often(wait), start_response)
        return self.otherwise(environ, start_response)

    def _too_often(self, wait: int) -> Answer:
        home = self.site.url.removesuffix("/") if self.site else ""
        return _refuse("429 Too Many Requests", TOO_OFTEN.format(home + POLLING).encode(), str(wait))

    def _answer(self, cached: CachedDocument, environ: WSGIEnvironment) -> Answer:
        method = environ["REQUEST_METHOD"]
        if method not in READ_METHODS:
            return _wrong_method(environ)
        if self._is_gone(cached):
            return _GONE if method == "GET" else _GONE._replace(body=b"")
        known = environ.get("HTTP_IF_NONE_MATCH") or environ.get("HTTP_IF_RANGE")
        if cached.modified is None and cached.rendition.modified <= self.clock():
            with self._lock:
                cached.date()
        variant = _selected(cached, environ.get("HTTP_ACCEPT_ENCODING"), known)
        outcome = evaluate(
            etag=variant.etag,
            modified=cached.modified,
            if_match=environ.get("HTTP_IF_MATCH"),
            if_unmodified_since=environ.get("HTTP_IF_UNMODIFIED_SINCE"),
            if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
            if_modified_since=environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        if outcome is Outcome.NOT_MODIFIED:
            return Answer("304 Not Modified", variant.bare)
        if outcome is Outcome.FAILED:
            return Answer("412 Precondition Failed", _REFUSAL)
        if method == "HEAD":
            return Answer("200 OK", variant.headers)
        if "HTTP_RANGE" in environ:
            return _part(variant, environ, modified=cached.modified)
        if "HTTP_A_IM" in environ and (found := self._delta(cached, variant, environ)):
            instance, delta = found
            return Answer("226 IM Used", _delta_headers(instance, delta), delta.body)
        if cached.is_feed and (wait := self.throttle.wait(environ, cached.rendition.path)):
            return self._too_often(wait)
        return Answer("200 OK", variant.headers, variant.body)

    def _is_gone(self, cached: CachedDocument) -> bool:
        return cached.gone_since is not None and cached.gone_since <= self.clock()

    def _delta(
        self, cached: CachedDocument, variant: Variant, environ: WSGIEnvironment
    ) -> tuple[Variant, Delta] | None:
        """A delta and the variant that it belongs to; None if the whole document is sent.

        A delta too long to compress at a request is sent uncompressed if that is shorter than the whole document."""
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match is None or not accepts_deltas(environ["HTTP_A_IM"], environ.get("HTTP_USER_AGENT", "")):
            return None
        delta = self.deltas.since(if_none_match, cached.rendition, variant.coding)
        if delta is not None:
            return variant, delta
        plain = cached.variants[IDENTITY]
        if plain is variant or not accepted_codings(environ.get("HTTP_ACCEPT_ENCODING"), [IDENTITY]):
            return None
        delta = self.deltas.since(if_none_match, cached.rendition, plain.coding)
        return (plain, delta) if delta is not None and len(delta.body) < len(variant.body) else None

    def _checked(self, path: str, cached: CachedDocument | None) -> CachedDocument | None:
        """The document after a comparison with the archive; None if the archive has none.

        Raises DatelineError if the archive fails and nothing is cached."""
        decoded = _decoded(path)
        if decoded is None:
            return None
        try:
            if cached is not None:
                cached.checked = self.ticks()  # this thread queries; others serve the cached one meanwhile
                etag = self.archive.renditions.etags([decoded]).get(decoded)
                if etag == cached.rendition.identity.etag:
                    self._mark_used(path, cached)
                    return cached
            rendition = self.archive.renditions.get(decoded)
        except DatelineError as error:
            if cached is None:
                raise
            log.warning("%s is served from the cache: %s", decoded, error)
            cached.checked = self.ticks() + PAUSE
            return cached
        if rendition is None:
            self._forget(path)
            return None
        return self._add(path, rendition)

    def _add(self, path: str, rendition: Rendition) -> CachedDocument:
        is_feed = _is_feed(path)
        smallest_first = sorted(rendition.codings.items(), key=lambda item: len(item[1].body))
        cached = CachedDocument(
            rendition=rendition,
            checked=self.ticks(),
            is_feed=is_feed,
            variants={coding: self._variant(rendition, coding, one, is_feed) for coding, one in smallest_first},
            size=sum(len(one.body) for _, one in smallest_first),
            gone_since=_gone_since(rendition) if is_feed else None,
        )
        with self._lock:
            self._cache.pop(path, None)
            if cached.size <= self._cache.maxsize:  # cachetools raises ValueError for an item larger than the cache
                self._cache[path] = cached
        return cached

    def _variant(self, rendition: Rendition, coding: str, representation: Representation, is_feed: bool) -> Variant:
        bare = [
            ("ETag", representation.etag),
            ("Cache-Control", CACHE_CONTROL),
            ("Vary", FEED_VARY if is_feed else VARY),
            ("Access-Control-Allow-Origin", "*"),
            (EXPOSED, "ETag"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        headers = [
            *bare,
            ("Content-Type", rendition.media_type),
            ("Content-Length", str(len(representation.body))),
            ("Accept-Ranges", "bytes"),
        ]
        if self.site is not None and is_feed:
            headers.append(("Link", link_header(self.site, rendition.path)))
        if coding != IDENTITY:
            headers.append(("Content-Encoding", coding))
        return Variant(coding, representation.etag, representation.body, headers, bare)

    def _cached(self, path: str) -> CachedDocument | None:
        try:
            return self._cache[path]  # not get(), which does two lookups: another thread may evict it in between
        except KeyError:
            return None

    def _mark_used(self, path: str, cached: CachedDocument) -> None:
        """Move it to the end of the eviction order."""
        with self._lock:
            if self._cached(path) is cached:
                self._cache[path] = cached

    def _forget(self, path: str) -> None:
        with self._lock:
            self._cache.pop(path, None)


def _is_feed(path: str) -> bool:
    return path.rpartition("/")[2] in FORMATS


def _gone_since(rendition: Rendition) -> datetime | None:
    """When an empty feed becomes 410 Gone, UTC: after the lifetime of its tombstones.

    None for a feed with entries, and for the site's own feed and its archive documents, which are never gone."""
    found = parse_feed_path(rendition.path)
    if found is None or found[0] is None or found[1].has_entries(rendition.identity.body):
        return None
    return rendition.modified + TOMBSTONE_LIFETIME


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    start_response(answer.status, answer.headers)
    return [answer.body] if answer.body else []


def _part(variant: Variant, environ: WSGIEnvironment, *, modified: datetime | None) -> Answer:
    """The requested part of a document, or all of it if the client has parts of another version (If-Range)."""
    if_range = environ.get("HTTP_IF_RANGE")
    part = None
    if if_range is None or unchanged_since_part(if_range, etag=variant.etag, modified=modified):
        try:
            part = byte_range(environ["HTTP_RANGE"], len(variant.body))
        except Unsatisfiable:
            bounds = ("Content-Range", f"bytes */{len(variant.body)}")
            return Answer("416 Range Not Satisfiable", [*_REFUSAL, bounds])
    if part is None:
        return Answer("200 OK", variant.headers, variant.body)
    bounds = ("Content-Range", f"bytes {part.start}-{part.stop - 1}/{len(variant.body)}")
    headers = _replaced(variant.headers, {"Content-Length": str(len(part)), EXPOSED: "ETag, Content-Range"})
    return Answer("206 Partial Content", [*headers, bounds], variant.body[part.start : part.stop])


def _replaced(headers: Headers, others: Mapping[str, str]) -> Headers:
    return [(name, others.get(name, value)) for name, value in headers]


def _delta_headers(variant: Variant, delta: Delta) -> Headers:
    """The headers of the whole document: its ETag is the one to send next time (RFC 3229 §10.4.1).

    Without Link: a client that accepts deltas has seen it. `Delta-Base` is for clients with several versions
    (§10.5.1)."""
    others = {
        "Cache-Control": DELTA_CACHE_CONTROL,
        "Vary": DELTA_VARY,
        "Content-Length": str(len(delta.body)),
        EXPOSED: "ETag, IM",
    }
    headers = [one for one in _replaced(variant.headers, others) if one[0] not in ("Link", "Accept-Ranges")]
    base = [("Delta-Base", delta.base)] if delta.base else []
    return [*headers, ("IM", MANIPULATION), *base]


def _selected(cached: CachedDocument, accept_encoding: str | None, known: str | None) -> Variant:
    """The variant that the client prefers; the smallest of equally preferred ones.

    If an ETag in `known` names an acceptable variant, it is that one: the client need not load the same document in
    another coding."""
    is_short = accept_encoding is None or len(accept_encoding) <= MAX_CACHED_HEADER  # clients choose its length
    accepted = (_cached_codings if is_short else accepted_codings)(accept_encoding, tuple(cached.variants)) or [
        IDENTITY
    ]
    if known is not None and known.strip() != "*":
        for coding in accepted:
            if matches(known, cached.variants[coding].etag, weakly=True):
                return cached.variants[coding]
    return cached.variants[accepted[0]]


def _wrong_method(environ: WSGIEnvironment) -> Answer:
    headers = [("Allow", "GET, HEAD, OPTIONS"), ("Access-Control-Allow-Origin", "*")]
    if environ["REQUEST_METHOD"] != "OPTIONS":
        return Answer("405 Method Not Allowed", [*headers, ("Content-Length", "0")])
    asks_first = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    return Answer("204 No Content", headers + (_PREFLIGHT if asks_first else []))


def _unavailable() -> Answer:
    body = b"This feed is temporarily unavailable. Please try again in a few seconds.\n"
    return _refuse("503 Service Unavailable", body, RETRY_AFTER)


def _refuse(status: str, body: bytes, retry_after: str) -> Answer:
    waiting = [("Cache-Control", "no-store"), ("Retry-After", retry_after), (EXPOSED, "Retry-After")]
    return Answer(status, [*_plain(body), *waiting], body)


def _plain(body: bytes) -> Headers:
    return [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Allow-Origin", "*"),
    ]


_GONE = Answer("410 Gone", [*_plain(GONE), ("Cache-Control", GONE_CACHE_CONTROL)], GONE)


def _decoded(path: str) -> str | None:
    """The path as text: WSGI passes its bytes decoded as Latin-1 (PEP 3333).

    None for bytes that are not UTF-8, and for a NUL, which PostgreSQL refuses."""
    try:
        decoded = path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    return None if "\0" in decoded else decoded
