"""One thread at a time waits for requests; the others rest until it has something to do that takes time.

Granian calls an application from a few threads, which all wait for the next request: for each of them another one is
woken, and they wait for each other's interpreter lock. That took a third of the processor time of a feed that lies in
memory. With a single thread, a slow search would hold up every feed behind it. So there is a leader, as in the pattern
of Schmidt et al., "Leader/Followers" (2000): it answers what is in memory, and where something takes longer, another
one leads in its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Condition, get_ident
from typing import Any, Final, Protocol, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from granian.wsgi import _callback_wrapper

# Seconds for which others rest unasked, and after which one that leads is not relied on: Granian ends a thread that
# had nothing to do for 30 s.
AT_MOST: Final = 1.0
Call = Callable[[Any, WSGIEnvironment], Any]  # Granian's way to call: where to answer, and what is asked


class Application(Protocol):
    """A WSGI application that gives what it has in memory without being called as one."""

    def at_once(self, environ: WSGIEnvironment) -> tuple[str, Sequence[tuple[str, str]], bytes] | None:
        """Status, headers and body; None where it would have to wait for anything."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...


def lead_and_follow(application: Application, options: dict[str, Any], access_log: str | None = None) -> Call:
    """In place of Granian's own wrapper around a WSGI application, and with the same parameters.

    What is answered at once is spared the way through WSGI: for that, Granian puts the variables of its own
    environment into what each request says."""
    call = cast(Call, _callback_wrapper(application, options, access_log))
    lead = LeaderFollower()

    def answer(protocol: Any, environ: WSGIEnvironment) -> None:
        ready = application.at_once(environ)
        if ready is None:
            lead.leave()
            call(protocol, environ)
        else:
            status, headers, body = ready
            protocol.response_bytes(int(status[:3]), headers, body)
        lead.lead_or_wait()

    return answer


class LeaderFollower:
    """Which of several threads waits for the next request. One that leads asks for no lock."""

    def __init__(self, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self.ticks = ticks
        self._leader: int | None = None
        self._seen = 0.0  # when the leader went to wait
        self._change = Condition()

    def leave(self) -> None:
        """Before something that takes time: one of those that rest, if any, leads from now on."""
        with self._change:
            if self._leader == get_ident():
                self._leader = None
                self._change.notify()

    def lead_or_wait(self) -> None:
        """After an answer: returns when this thread is to wait for a request."""
        me = get_ident()
        if self._leader != me:
            with self._change:
                if self._leader is not None and self.ticks() - self._seen < AT_MOST:
                    self._change.wait(AT_MOST)
                self._leader = me
        self._seen = self.ticks()
