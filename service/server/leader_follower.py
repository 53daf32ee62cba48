"""One thread at a time waits for requests; the others sleep until that one has a slow request.

Granian calls an application from several threads, which all wait for the next request. Each request wakes another
thread, and the threads wait for each other's interpreter lock: a third of the processor time of a feed in memory. With a
single thread, a slow search would delay every feed behind it. Hence a leader, as in Schmidt et al., "Leader/Followers"
(2000): it answers from memory, and before a slow request it hands the lead to another thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Condition, get_ident
from typing import Any, Final, Protocol, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from granian.wsgi import _callback_wrapper

# Seconds that followers sleep without a notification, and after which a leader counts as lost: Granian ends a thread
# that has been idle for 30 s.
MAX_WAIT: Final = 1.0
Call = Callable[
    [Any, WSGIEnvironment], Any
]  # Granian's callback: protocol (where to send the response) and WSGI environ


class Application(Protocol):
    """A WSGI application that can also answer from memory, without the WSGI protocol."""

    def answer_from_memory(self, environ: WSGIEnvironment) -> tuple[str, Sequence[tuple[str, str]], bytes] | None:
        """Status, headers and body; None if the answer needs a query or other waiting."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...


def lead_and_follow(application: Application, options: dict[str, Any], access_log: str | None = None) -> Call:
    """Replaces Granian's wrapper around a WSGI application; same parameters.

    Answers from memory bypass WSGI, for which Granian copies its base environ into that of each request."""
    call = cast(Call, _callback_wrapper(application, options, access_log))
    lead = LeaderFollower()

    def answer(protocol: Any, environ: WSGIEnvironment) -> None:
        ready = application.answer_from_memory(environ)
        if ready is None:
            lead.leave()
            call(protocol, environ)
        else:
            status, headers, body = ready
            protocol.response_bytes(int(status[:3]), headers, body)
        lead.lead_or_wait()

    return answer


class LeaderFollower:
    """Decides which of several threads waits for the next request. The leader takes no lock."""

    def __init__(self, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self.ticks = ticks
        self._leader: int | None = None
        self._seen = 0.0  # when the leader went to wait
        self._change = Condition()

    def leave(self) -> None:
        """Hand the lead to a sleeping thread, if there is one. Call before a slow request."""
        with self._change:
            if self._leader == get_ident():
                self._leader = None
                self._change.notify()

    def lead_or_wait(self) -> None:
        """Call after an answer. Returns when this thread may wait for the next request."""
        me = get_ident()
        if self._leader != me:
            with self._change:
                if self._leader is not None and self.ticks() - self._seen < MAX_WAIT:
                    self._change.wait(MAX_WAIT)
                self._leader = me
        self._seen = self.ticks()
