"""Resolves host names within the deadline of a call."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Final

from service.outbound.address_guard import is_address
from service.outbound.deadlines import POLL_INTERVAL, Watch

MAX_LOOKUPS: Final = 128  # at the same time
Resolver = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the order in which the system would try them. Raises OSError or UnicodeError."""
    resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in resolved))


class NameResolver:
    """Resolves names in threads of their own, because a lookup cannot be cancelled.

    Concurrent calls for one name share one lookup."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._lookups: dict[tuple[str, int], Future[Sequence[str]]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, watch: Watch) -> Sequence[str]:
        """Raises OSError or UnicodeError if the lookup fails, TimeoutError if the call is cut before it ends."""
        if is_address(host):
            return self._resolver(host, port)
        lookup = self._lookup(host, port)
        while not wait([lookup], timeout=POLL_INTERVAL).done:
            watch.check()
        return lookup.result()

    def _lookup(self, host: str, port: int) -> Future[Sequence[str]]:
        with self._lock:
            lookup = self._lookups.get((host, port))
            if lookup is None:
                if len(self._lookups) >= MAX_LOOKUPS:
                    raise OSError(errno.EAGAIN, "too many lookups are under way")
                lookup = Future()
                # A daemon: the program does not wait for it when it ends.
                threading.Thread(target=self._run, args=(host, port, lookup), name="names", daemon=True).start()
                self._lookups[host, port] = lookup
            return lookup

    def _run(self, host: str, port: int, lookup: Future[Sequence[str]]) -> None:
        result: Sequence[str] | OSError | UnicodeError = OSError(errno.EIO, "the lookup failed")
        try:
            result = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            result = error
        finally:
            with self._lock:  # before the result is set: later calls start a new lookup
                del self._lookups[host, port]
            if isinstance(result, Exception):
                lookup.set_exception(result)
            else:
                lookup.set_result(result)
