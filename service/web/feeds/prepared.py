"""The fast path: finished feeds from memory, in plain WSGI, in front of everything else."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from threading import Lock
from typing import NamedTuple
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from archive.errors import DatelineError
from archive.site import Site
from archive.store.archive import Archive
from archive.store.renditions import Coded, Rendition
from archive.urls import ABOUT_FEED_PATH
from feeds.document import TOMBSTONES_LAST, has_entries
from feeds.sitemap import is_sitemap
from feeds.spec import Format, parse
from service.http.conditional import Outcome, accepted_codings, evaluate, matches, unchanged_since_part
from service.http.fetch_metadata import opens_in_browser
from service.http.ranges import Unsatisfiable, byte_range
from service.syndication.search_feeds import FOLDER as SEARCH
from service.web.feeds.deltas import MANIPULATION, Delta, Deltas, is_asked_for
from service.web.feeds.throttle import Politeness
from service.websub.protocol import link_header

log = logging.getLogger(__name__)

LOOK_AGAIN = 0.1  # seconds after which the archive is asked whether the bytes are still these
PATIENCE = 2.0  # seconds for which an archive that did not answer is left alone
RETRY_AFTER = "5"  # seconds
MAX_RESPONSE_BYTES = 32 * 1024 * 1024
USUAL_LENGTH = 100  # characters of Accept-Encoding; what browsers and readers send takes up to 40
CACHE_CONTROL = "max-age=60, stale-while-revalidate=60, stale-if-error=86400"
# A cache that knows nothing of instance manipulations keeps no delta; one that does ignores `no-store` (RFC 3229 §10.8.2).
DELTA_CACHE_CONTROL = "no-store, im"
VARY = "Accept-Encoding"
FEED_VARY = f"{VARY}, Sec-Fetch-Dest"  # a browser that opens a feed gets a page
DELTA_VARY = f"{FEED_VARY}, A-IM, If-None-Match"
EXPOSED = "Access-Control-Expose-Headers"  # to scripts of other sites, beside what all may see (Fetch §3.2.6)

POLLING = "/feeds#programs"
TOO_OFTEN = """You have loaded this feed as a whole many times within an hour.

Send its ETag back in If-None-Match: while nothing has changed, that is answered with 304 and a few bytes, as often as
you like. With "A-IM: feed" beside it, you are sent what is new alone. How to do it stands at {}.
"""

OVER = b"This feed is gone: nothing has been in its list for long. It comes back with the next article.\n"
OVER_CACHE_CONTROL = "max-age=3600"  # else caches choose for themselves, and the next article may come

# Scripts of other sites may read feeds, and ask first where they send conditions of their own (Fetch §3.2).
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since, A-IM, Range, If-Range, Cache-Control"),
    ("Access-Control-Max-Age", "86400"),
]
# What follows from a condition of this request is not to be kept for others.
_REFUSAL = [
    ("Cache-Control", "no-store"),
    ("Access-Control-Allow-Origin", "*"),
    ("Content-Length", "0"),
]
_accepted = lru_cache(maxsize=1024)(accepted_codings)
READING = ("GET", "HEAD")
_SUFFIXES = tuple(f"/{feed_format.suffix}" for feed_format in Format)
Headers = list[tuple[str, str]]


class Answer(NamedTuple):
    status: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class _Ready:
    """One coding of a document with the headers that go with it."""

    coding: str
    etag: str
    body: bytes
    headers: Headers  # of a 200
    bare: Headers  # of a 304: what a 200 would have said about caching (RFC 9110 §15.4.5)


@dataclass(slots=True)
class _Kept:
    """`over`: since when the feed is gone, or will be if nothing comes.

    `modified`: None within the second of the change: bytes that may change again have no date yet, since one that
    is sent must stay true."""

    rendition: Rendition
    checked: float
    is_feed: bool
    ready: Mapping[str, _Ready]  # by coding, the smallest first
    size: int
    over: datetime | None
    modified: datetime | None = None

    def date(self) -> None:
        """Once, whoever comes first."""
        if self.modified is not None:
            return
        modified = self.rendition.modified
        dated = [("Last-Modified", format_datetime(modified, usegmt=True))]
        self.ready = {
            coding: replace(ready, headers=ready.headers + dated, bare=ready.bare + dated)
            for coding, ready in self.ready.items()
        }
        self.modified = modified


class Renditions:
    """A WSGI application that answers for stored documents and hands everything else on.

    Answers are lists: for anything else Granian asks piece by piece, and takes half as long again.
    A document is kept in memory and compared with the archive at most every LOOK_AGAIN seconds, so that
    thousands of requests cost one look. While the archive cannot be reached, what is kept is served."""

    def __init__(
        self,
        archive: Archive,
        otherwise: WSGIApplication,
        *,
        clock: Callable[[], datetime],
        site: Site | None = None,
        max_bytes: int = MAX_RESPONSE_BYTES,
        unconditional_gets: int = 0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.archive = archive
        self.otherwise = otherwise
        self.clock = clock
        self.site = site
        self.max_bytes = max_bytes
        self.ticks = ticks
        self.deltas = Deltas(archive)
        self.politeness = Politeness(unconditional_gets, ticks=ticks)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def at_once(self, environ: WSGIEnvironment) -> Answer | None:
        """The answer, if it is in memory: it takes some µs and asks nobody."""
        kept = self._kept.get(environ["PATH_INFO"])
        if (
            kept is None
            or self.ticks() - kept.checked > LOOK_AGAIN
            or "HTTP_A_IM" in environ
            or opens_in_browser(environ)
        ):
            return None
        return self._answer(kept, environ)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        is_feed = path.endswith(_SUFFIXES)
        if not is_feed and not is_sitemap(path):
            return self.otherwise(environ, start_response)
        kept = self._kept.get(path)
        if kept is None or self.ticks() - kept.checked > LOOK_AGAIN:
            if path.startswith(SEARCH):
                return self._search(environ, start_response)
            try:
                kept = self._look(path, kept)
            except DatelineError as error:
                log.error("%s: %s", path, error)
                return _sent(_unavailable(), start_response)
            if kept is None:
                return self.otherwise(environ, start_response)
        if is_feed and environ["REQUEST_METHOD"] in READING and opens_in_browser(environ) and not self._is_over(kept):
            asked = {"PATH_INFO": ABOUT_FEED_PATH, "QUERY_STRING": urlencode({"feed": kept.rendition.path})}
            return self.otherwise({**environ, **asked}, start_response)
        return _sent(self._answer(kept, environ), start_response)

    def _search(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Built for each request, by those behind: to ask too often costs much more there."""
        if environ["REQUEST_METHOD"] not in READING:
            return _sent(_not_that_way(environ), start_response)
        if environ["REQUEST_METHOD"] == "GET" and not opens_in_browser(environ):
            # As a number: whatever strangers ask for, what is counted stays small.
            asked = hash((environ["PATH_INFO"], environ.get("QUERY_STRING", "")))
            wait = self.politeness.wait(environ, f"search {asked}")
            if wait:
                return _sent(self._too_often(wait), start_response)
        return self.otherwise(environ, start_response)

    def _too_often(self, wait: int) -> Answer:
        home = self.site.url.removesuffix("/") if self.site else ""
        return _sentence("429 Too Many Requests", TOO_OFTEN.format(home + POLLING).encode(), str(wait))

    def _answer(self, kept: _Kept, environ: WSGIEnvironment) -> Answer:
        method = environ["REQUEST_METHOD"]
        if method not in READING:
            return _not_that_way(environ)
        if self._is_over(kept):
            return _GONE if method == "GET" else _GONE._replace(body=b"")
        known = environ.get("HTTP_IF_NONE_MATCH") or environ.get("HTTP_IF_RANGE")
        if kept.modified is None and kept.rendition.modified <= self.clock():
            with self._lock:
                kept.date()
        ready = _selected(kept, environ.get("HTTP_ACCEPT_ENCODING"), known)
        outcome = evaluate(
            etag=ready.etag,
            modified=kept.modified,
            if_match=environ.get("HTTP_IF_MATCH"),
            if_unmodified_since=environ.get("HTTP_IF_UNMODIFIED_SINCE"),
            if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
            if_modified_since=environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        if outcome is Outcome.NOT_MODIFIED:
            return Answer("304 Not Modified", ready.bare)
        if outcome is Outcome.FAILED:
            return Answer("412 Precondition Failed", _REFUSAL)
        if method == "HEAD":
            return Answer("200 OK", ready.headers)
        if "HTTP_RANGE" in environ:
            return _part(ready, environ, modified=kept.modified)
        if "HTTP_A_IM" in environ and (found := self._delta(kept, ready, environ)):
            instance, delta = found
            return Answer("226 IM Used", _delta_headers(instance, delta), delta.body)
        if kept.is_feed and (wait := self.politeness.wait(environ, kept.rendition.path)):
            return self._too_often(wait)
        return Answer("200 OK", ready.headers, ready.body)

    def _is_over(self, kept: _Kept) -> bool:
        return kept.over is not None and kept.over <= self.clock()

    def _delta(self, kept: _Kept, ready: _Ready, environ: WSGIEnvironment) -> tuple[_Ready, Delta] | None:
        """A delta, with that coding of the whole document which it is one of.

        One that is too long to be compressed now is sent as it is, if it is shorter than the whole even so."""
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match is None or not is_asked_for(environ["HTTP_A_IM"], environ.get("HTTP_USER_AGENT", "")):
            return None
        delta = self.deltas.since(if_none_match, kept.rendition, ready.coding)
        if delta is not None:
            return ready, delta
        plain = kept.ready["identity"]
        if plain is ready or not accepted_codings(environ.get("HTTP_ACCEPT_ENCODING"), ["identity"]):
            return None
        delta = self.deltas.since(if_none_match, kept.rendition, plain.coding)
        return (plain, delta) if delta is not None and len(delta.body) < len(ready.body) else None

    def _look(self, path: str, kept: _Kept | None) -> _Kept | None:
        """The document as the archive has it now; None where it has none."""
        decoded = _decoded(path)
        if decoded is None:
            return None
        try:
            if kept is not None:
                kept.checked = self.ticks()  # this thread looks; the others need not wait for it
                etag = self.archive.renditions.etags([decoded]).get(decoded)
                if etag == kept.rendition.codings["identity"].etag:
                    self._used(path)
                    return kept
            rendition = self.archive.renditions.get(decoded)
        except DatelineError as error:
            if kept is None:
                raise
            log.warning("%s is served as it was: %s", decoded, error)
            kept.checked = self.ticks() + PATIENCE
            return kept
        if rendition is None:
            self._forget(path)
            return None
        return self._keep(path, rendition)

    def _keep(self, path: str, rendition: Rendition) -> _Kept:
        is_feed = path.endswith(_SUFFIXES)
        smallest_first = sorted(rendition.codings.items(), key=lambda named: len(named[1].body))
        kept = _Kept(
            rendition=rendition,
            checked=self.ticks(),
            is_feed=is_feed,
            ready={coding: self._ready(rendition, coding, coded, is_feed) for coding, coded in smallest_first},
            size=sum(len(coded.body) for _, coded in smallest_first),
            over=_over(rendition) if is_feed else None,
        )
        with self._lock:
            self._drop(path)
            if kept.size <= self.max_bytes:
                self._kept[path] = kept
                self._bytes += kept.size
            while self._bytes > self.max_bytes:
                self._drop(next(iter(self._kept)))
        return kept

    def _ready(self, rendition: Rendition, coding: str, coded: Coded, is_feed: bool) -> _Ready:
        bare = [
            ("ETag", coded.etag),
            ("Cache-Control", CACHE_CONTROL),
            ("Vary", FEED_VARY if is_feed else VARY),
            ("Access-Control-Allow-Origin", "*"),
            (EXPOSED, "ETag"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        headers = [
            *bare,
            ("Content-Type", rendition.media_type),
            ("Content-Length", str(len(coded.body))),
            ("Accept-Ranges", "bytes"),
        ]
        if self.site is not None and is_feed:
            headers.append(("Link", link_header(self.site, rendition.path)))
        if coding != "identity":
            headers.append(("Content-Encoding", coding))
        return _Ready(coding, coded.etag, coded.body, headers, bare)

    def _used(self, path: str) -> None:
        with self._lock:
            if path in self._kept:
                self._kept.move_to_end(path)

    def _forget(self, path: str) -> None:
        with self._lock:
            self._drop(path)

    def _drop(self, path: str) -> None:
        dropped = self._kept.pop(path, None)
        if dropped is not None:
            self._bytes -= dropped.size


def _over(rendition: Rendition) -> datetime | None:
    """Since when a feed is gone whose list has become empty: its tombstones have told whoever they could tell.

    None for one that has entries, and for the site's own with its archive, which never are gone."""
    found = parse(rendition.path)
    if found is None or found[0] is None or has_entries(rendition.codings["identity"].body, found[1]):
        return None
    return rendition.modified + TOMBSTONES_LAST


def _sent(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    start_response(answer.status, answer.headers)
    return [answer.body] if answer.body else []


def _part(ready: _Ready, environ: WSGIEnvironment, *, modified: datetime | None) -> Answer:
    """The part of a document that is asked for, or all of it where the client's other parts are of another state."""
    if_range = environ.get("HTTP_IF_RANGE")
    part = None
    if if_range is None or unchanged_since_part(if_range, etag=ready.etag, modified=modified):
        try:
            part = byte_range(environ["HTTP_RANGE"], len(ready.body))
        except Unsatisfiable:
            bounds = ("Content-Range", f"bytes */{len(ready.body)}")
            return Answer("416 Range Not Satisfiable", [*_REFUSAL, bounds])
    if part is None:
        return Answer("200 OK", ready.headers, ready.body)
    bounds = ("Content-Range", f"bytes {part.start}-{part.stop - 1}/{len(ready.body)}")
    headers = _with(ready.headers, {"Content-Length": str(len(part)), EXPOSED: "ETag, Content-Range"})
    return Answer("206 Partial Content", [*headers, bounds], ready.body[part.start : part.stop])


def _with(headers: Headers, others: Mapping[str, str]) -> Headers:
    return [(name, others.get(name, value)) for name, value in headers]


def _delta_headers(ready: _Ready, delta: Delta) -> Headers:
    """Those of the whole document, since its ETag is the one to come back with (RFC 3229 §10.4.1), in few bytes.

    Who asks for a delta has seen the feed's links. `Delta-Base` is for those who have named several versions (§10.5.1)."""
    others = {
        "Cache-Control": DELTA_CACHE_CONTROL,
        "Vary": DELTA_VARY,
        "Content-Length": str(len(delta.body)),
        EXPOSED: "ETag, IM",
    }
    headers = [one for one in _with(ready.headers, others) if one[0] not in ("Link", "Accept-Ranges")]
    base = [("Delta-Base", delta.base)] if delta.base else []
    return [*headers, ("IM", MANIPULATION), *base]


def _selected(kept: _Kept, accept_encoding: str | None, known: str | None) -> _Ready:
    """The representation that this client likes best, of equal ones the smallest.

    Or that which it has already, by the ETags that are `known`, and takes: the same document need not be
    loaded in another coding."""
    # What strangers may make as long as they like is not remembered.
    accepted = _accepted if accept_encoding is None or len(accept_encoding) <= USUAL_LENGTH else accepted_codings
    taken = accepted(accept_encoding, tuple(kept.ready)) or ["identity"]
    if known is not None and known.strip() != "*":
        for coding in taken:
            if matches(known, kept.ready[coding].etag, weakly=True):
                return kept.ready[coding]
    return kept.ready[taken[0]]


def _not_that_way(environ: WSGIEnvironment) -> Answer:
    headers = [("Allow", "GET, HEAD, OPTIONS"), ("Access-Control-Allow-Origin", "*")]
    if environ["REQUEST_METHOD"] != "OPTIONS":
        return Answer("405 Method Not Allowed", [*headers, ("Content-Length", "0")])
    asks_first = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
    return Answer("204 No Content", headers + (_PREFLIGHT if asks_first else []))


def _unavailable() -> Answer:
    body = b"This feed is not available right now; please try again in a moment.\n"
    return _sentence("503 Service Unavailable", body, RETRY_AFTER)


def _sentence(status: str, body: bytes, retry_after: str) -> Answer:
    waiting = [("Cache-Control", "no-store"), ("Retry-After", retry_after), (EXPOSED, "Retry-After")]
    return Answer(status, [*_plain(body), *waiting], body)


def _plain(body: bytes) -> Headers:
    return [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
        ("Access-Control-Allow-Origin", "*"),
    ]


_GONE = Answer("410 Gone", [*_plain(OVER), ("Cache-Control", OVER_CACHE_CONTROL)], OVER)


def _decoded(path: str) -> str | None:
    """The path as people write it: WSGI hands over bytes in the clothes of Latin-1 (PEP 3333).

    None for what no document can be called: PostgreSQL refuses to look for a NUL."""
    try:
        decoded = path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    return None if "\0" in decoded else decoded
