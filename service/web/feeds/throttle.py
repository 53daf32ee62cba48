"""Counts those who load a whole feed again and again and never say what they have, and asks them to wait."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import Final
from wsgiref.types import WSGIEnvironment

log = logging.getLogger(__name__)

HOUR: Final = 3600.0  # seconds
LONGEST: Final = 45  # characters of an address as it is written at most; what strangers send may be longer
MOST_COUNTED: Final = 20_000  # clients and feeds: some 5 MB

# Whoever says one of these is sent no more than he needs, or would be.
_CONSIDERATE: Final = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_A_IM", "HTTP_RANGE")
# RFC 1918 and RFC 4193.
_PRIVATE: Final = [ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
_Key = tuple[str, str]


@dataclass(slots=True)
class _Counted:
    until: float
    number: int = 1


class Politeness:
    """Unconditional GETs by client and feed, of this process, over an hour from the first one.

    `most` of them are answered; 0: all."""

    def __init__(self, most: int, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.ticks = ticks
        self._counted: dict[_Key, _Counted] = {}  # those whose hour began first come first
        self._lock = Lock()

    def wait(self, environ: WSGIEnvironment, feed: str) -> int:
        """Count a GET of a feed; the seconds after which its client may have the whole feed again, 0 for now."""
        if not self.most or not environ.keys().isdisjoint(_CONSIDERATE):
            return 0
        client = client_of(environ)
        if client is None:
            return 0
        now = self.ticks()
        counted = self._counted.get((client, feed))
        if counted is None or now >= counted.until:
            self._begin((client, feed), now)
            return 0
        counted.number += 1
        if counted.number <= self.most:
            return 0
        wait = math.ceil(counted.until - now)
        if counted.number == self.most + 1:  # once an hour: whoever is refused comes back more often than not
            log.info("%s has loaded the whole of %s %d times: refused for %d s", client, feed, self.most, wait)
        return wait

    def _begin(self, key: _Key, now: float) -> None:
        with self._lock:
            self._counted.pop(key, None)
            self._counted[key] = _Counted(now + HOUR)
            while len(self._counted) > MOST_COUNTED:
                del self._counted[next(iter(self._counted))]


def client_of(environ: WSGIEnvironment) -> str | None:
    """The address of whoever asks: the connection's, or what a proxy on this machine or network has added last.

    None where that is all that is known: behind a proxy that does not say for whom it asks, all would be one."""
    address: str = environ.get("REMOTE_ADDR", "")
    if _is_near(address):
        address = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()[:LONGEST]
    return None if _is_near(address) else address


@lru_cache(maxsize=4096)
def _is_near(address: str) -> bool:
    """On this machine or a private network, as proxies, containers and load balancers are."""
    try:
        known = ip_address(address.removeprefix("::ffff:"))
    except ValueError:
        return not address
    return known.is_loopback or known.is_link_local or any(known in network for network in _PRIVATE)
