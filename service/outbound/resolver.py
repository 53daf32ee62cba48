"""Resolving host names within the deadline of a call."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Final

from service.outbound.address_guard import is_address
from service.outbound.deadlines import LOOK_INTERVAL, Watch

MAX_LOOKUPS: Final = 128  # at the same time
Resolver = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the order in which the system would try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class NameResolver:
    """Resolves in threads of its own, because nothing can interrupt getaddrinfo.

    Concurrent calls for one name wait for one lookup."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._asked: dict[tuple[str, int], Future[Sequence[str]]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, watch: Watch) -> Sequence[str]:
        """Raises OSError, also if the deadline passes first."""
        if is_address(host):
            return self._resolver(host, port)
        asked = self._ask(host, port)
        while not wait([asked], timeout=LOOK_INTERVAL).done:
            watch.check()
        return asked.result()

    def _ask(self, host: str, port: int) -> Future[Sequence[str]]:
        with self._lock:
            asked = self._asked.get((host, port))
            if asked is None:
                if len(self._asked) >= MAX_LOOKUPS:
                    raise OSError(errno.EAGAIN, "too many names are being resolved")
                asked = Future()
                # A daemon thread, so that the program can end during a lookup.
                threading.Thread(target=self._answer, args=(host, port, asked), name="names", daemon=True).start()
                self._asked[host, port] = asked
            return asked

    def _answer(self, host: str, port: int, asked: Future[Sequence[str]]) -> None:
        answer: Sequence[str] | OSError | UnicodeError = OSError(errno.EIO, "resolving its name failed")
        try:
            answer = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            answer = error
        finally:
            with self._lock:  # before the result is set, so that a later call resolves again
                del self._asked[host, port]
            if isinstance(answer, Exception):
                asked.set_exception(answer)
            else:
                asked.set_result(answer)
