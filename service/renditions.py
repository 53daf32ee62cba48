"""The fast path: finished feeds from memory, in plain WSGI, in front of everything else."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from threading import Lock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from archive.errors import DatelineError
from archive.store import Archive, Rendition
from feeds.spec import Format
from service.conditions import Outcome, accepts, evaluate

LOOK_AGAIN = 0.1  # seconds after which the archive is asked whether the bytes are still these
MOST_BYTES = 32 * 1024 * 1024
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"

_SUFFIXES = tuple(f"/{feed_format.suffix}" for feed_format in Format)
Headers = list[tuple[str, str]]


@dataclass(slots=True)
class _Ready:
    """One coding of a document with the headers that go with it."""

    etag: str
    body: bytes
    headers: Headers
    bare: Headers  # of a 304: what a 200 would have said about caching (RFC 9110 §15.4.5)


@dataclass(slots=True)
class _Kept:
    rendition: Rendition
    last_modified: str
    checked: float
    ready: dict[str, _Ready] = field(default_factory=dict)
    size: int = 0


class Renditions:
    """A WSGI application that answers for stored documents and hands everything else on.

    A document is kept in memory and compared with the archive at most every LOOK_AGAIN seconds, so that
    thousands of requests cost one look. While the archive cannot be reached, what is kept is served."""

    def __init__(
        self,
        archive: Archive,
        otherwise: WSGIApplication,
        *,
        clock: Callable[[], datetime],
        most_bytes: int = MOST_BYTES,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.archive = archive
        self.otherwise = otherwise
        self.clock = clock
        self.most_bytes = most_bytes
        self.ticks = ticks
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.endswith(_SUFFIXES) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.otherwise(environ, start_response)
        kept = self._kept.get(path)
        if kept is None or self.ticks() - kept.checked > LOOK_AGAIN:
            kept = self._look(path, kept)
            if kept is None:
                return self.otherwise(environ, start_response)
        return self._answer(kept, environ, start_response)

    def _answer(self, kept: _Kept, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING")
        coding = "gzip" if accepted and "gzip" in kept.ready and accepts(accepted, "gzip") else "identity"
        ready = kept.ready[coding]
        # Bytes that changed within the running second have no date yet: one that is sent must stay true.
        modified = kept.rendition.modified if kept.rendition.modified <= self.clock() else None
        dated: Headers = [("Last-Modified", kept.last_modified)] if modified is not None else []
        outcome = evaluate(
            etag=ready.etag,
            modified=modified,
            if_match=environ.get("HTTP_IF_MATCH"),
            if_unmodified_since=environ.get("HTTP_IF_UNMODIFIED_SINCE"),
            if_none_match=environ.get("HTTP_IF_NONE_MATCH"),
            if_modified_since=environ.get("HTTP_IF_MODIFIED_SINCE"),
        )
        if outcome is Outcome.NOT_MODIFIED:
            start_response("304 Not Modified", ready.bare + dated)
            return ()
        if outcome is Outcome.FAILED:
            start_response("412 Precondition Failed", [*ready.bare, ("Content-Length", "0")])
            return ()
        start_response("200 OK", ready.headers + dated)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (ready.body,)

    def _look(self, path: str, kept: _Kept | None) -> _Kept | None:
        """The document as the archive has it now; None where it has none."""
        decoded = _decoded(path)
        if decoded is None:
            return None
        try:
            if kept is not None:
                etag = self.archive.rendition_etags([decoded]).get(decoded)
                if etag == kept.rendition.codings["identity"].etag:
                    kept.checked = self.ticks()
                    return kept
            rendition = self.archive.rendition(decoded)
        except DatelineError:
            if kept is not None:
                return kept  # stale-if-error
            raise
        if rendition is None:
            self._forget(path)
            return None
        return self._keep(path, rendition)

    def _keep(self, path: str, rendition: Rendition) -> _Kept:
        kept = _Kept(
            rendition=rendition,
            last_modified=format_datetime(rendition.modified, usegmt=True),
            checked=self.ticks(),
            size=sum(len(coded.body) for coded in rendition.codings.values()),
        )
        for coding, coded in rendition.codings.items():
            bare = [
                ("ETag", coded.etag),
                ("Cache-Control", CACHE_CONTROL),
                ("Vary", "Accept-Encoding"),
                ("Access-Control-Allow-Origin", "*"),
                ("X-Content-Type-Options", "nosniff"),
            ]
            headers = [*bare, ("Content-Type", rendition.media_type), ("Content-Length", str(len(coded.body)))]
            if coding != "identity":
                headers.append(("Content-Encoding", coding))
            kept.ready[coding] = _Ready(coded.etag, coded.body, headers, bare)
        with self._lock:
            self._drop(path)
            if kept.size <= self.most_bytes:
                self._kept[path] = kept
                self._bytes += kept.size
            while self._bytes > self.most_bytes:
                self._drop(next(iter(self._kept)))
        return kept

    def _forget(self, path: str) -> None:
        with self._lock:
            self._drop(path)

    def _drop(self, path: str) -> None:
        dropped = self._kept.pop(path, None)
        if dropped is not None:
            self._bytes -= dropped.size


def _decoded(path: str) -> str | None:
    """The path as people write it: WSGI hands over bytes in the clothes of Latin-1 (PEP 3333)."""
    try:
        return path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
