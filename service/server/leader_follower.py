"""One thread waits for requests; the others rest until it starts on one that takes time.

Granian calls an application from a few threads, which all wait for the next request. Each request wakes another one,
and they contend for the interpreter lock: a third of the processor time of a feed that is in memory. With a single
thread, a slow search would delay every feed behind it. Hence the pattern of Schmidt et al., "Leader/Followers" (2000):
the leader answers what is in memory, and hands the lead to another thread before anything that takes longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Condition, get_ident
from typing import Any, Final, Protocol, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from granian.wsgi import _callback_wrapper

# Seconds for which followers rest, and after which a leader is not relied on: Granian ends a thread that was idle for
# 30 s.
LEAD_TIMEOUT: Final = 1.0
Call = Callable[[Any, WSGIEnvironment], Any]  # Granian's way to call: where to answer, and what is asked


class Application(Protocol):
    """A WSGI application that can also answer from memory, outside WSGI."""

    def answer_from_memory(self, environ: WSGIEnvironment) -> tuple[str, Sequence[tuple[str, str]], bytes] | None:
        """Status, headers and body; None if it would have to wait for anything."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]: ...


def lead_and_follow(application: Application, options: dict[str, Any], access_log: str | None = None) -> Call:
    """In place of Granian's own wrapper around a WSGI application, and with the same parameters.

    An answer from memory bypasses WSGI, for which Granian copies its own environment into each request's."""
    call = cast(Call, _callback_wrapper(application, options, access_log))
    lead = LeaderFollower()

    def answer(protocol: Any, environ: WSGIEnvironment) -> None:
        ready = application.answer_from_memory(environ)
        if ready is None:
            lead.step_down()
            call(protocol, environ)
        else:
            status, headers, body = ready
            protocol.response_bytes(int(status[:3]), headers, body)
        lead.lead_or_wait()

    return answer


class LeaderFollower:
    """Which of several threads waits for the next request. A thread that keeps the lead takes no lock."""

    def __init__(self, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self.ticks = ticks
        self._leader: int | None = None
        self._seen = 0.0  # when the leader went to wait
        self._change = Condition()

    def step_down(self) -> None:
        """Before something that takes time: a follower, if any rests, becomes the leader."""
        with self._change:
            if self._leader == get_ident():
                self._leader = None
                self._change.notify()

    def lead_or_wait(self) -> None:
        """After an answer: returns when this thread should wait for a request."""
        me = get_ident()
        if self._leader != me:
            with self._change:
                if self._leader is not None and self.ticks() - self._seen < LEAD_TIMEOUT:
                    self._change.wait(LEAD_TIMEOUT)
                self._leader = me
        self._seen = self.ticks()
