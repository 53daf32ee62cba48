"""Names of hosts as addresses, within the time of the call."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Final

from service.outbound.address_guard import is_address
from service.outbound.deadlines import LOOK_EVERY, Watch

MAX_LOOKUPS: Final = 128  # asked for at once
Resolver = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the order in which the system would try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class NameResolver:
    """Asks what names mean, in threads of their own: a nameserver takes as long as it likes, and nothing cuts that.

    Calls of one name that ask at the same time wait for one answer."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._asked: dict[tuple[str, int], Future[Sequence[str]]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, watch: Watch) -> Sequence[str]:
        """Raises OSError, also when the watch is over before the answer is there."""
        if is_address(host):
            return self._resolver(host, port)
        asked = self._ask(host, port)
        while not wait([asked], timeout=LOOK_EVERY).done:
            watch.check()
        return asked.result()

    def _ask(self, host: str, port: int) -> Future[Sequence[str]]:
        with self._lock:
            asked = self._asked.get((host, port))
            if asked is None:
                if len(self._asked) >= MAX_LOOKUPS:
                    raise OSError(errno.EAGAIN, "too many names are being asked for")
                asked = Future()
                # Daemons, which the program does not wait for when it ends.
                threading.Thread(target=self._answer, args=(host, port, asked), name="names", daemon=True).start()
                self._asked[host, port] = asked
            return asked

    def _answer(self, host: str, port: int, asked: Future[Sequence[str]]) -> None:
        answer: Sequence[str] | OSError | UnicodeError = OSError(errno.EIO, "asking for its name failed")
        try:
            answer = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            answer = error
        finally:
            with self._lock:  # before there is an answer: whoever comes after that asks anew
                del self._asked[host, port]
            if isinstance(answer, Exception):
                asked.set_exception(answer)
            else:
                asked.set_result(answer)
