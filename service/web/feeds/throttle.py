"""Limits how often a client loads a whole feed without a conditional request."""

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

from cachetools import FIFOCache

log = logging.getLogger(__name__)

HOUR: Final = 3600.0  # seconds
MAX_ADDRESS_LENGTH: Final = 45  # characters of an IP address; clients may send more in X-Forwarded-For
MAX_COUNTED: Final = 20_000  # pairs of client and feed, about 5 MB

# Requests with any of these headers are conditional or partial, and are not counted.
_CONDITIONAL_HEADERS: Final = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_A_IM", "HTTP_RANGE")
# RFC 1918 and RFC 4193.
_PRIVATE: Final = [ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
_Key = tuple[str, str]  # client, feed


@dataclass(slots=True)
class _Count:
    until: float  # ticks, in seconds
    number: int = 1


class Throttle:
    """Counts unconditional GETs by client and feed in this process, over an hour from the first one.

    `limit` of them are allowed; 0: no limit."""

    def __init__(
        self, limit: int, *, max_counted: int = MAX_COUNTED, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = limit
        self.ticks = ticks
        self._counts: FIFOCache[_Key, _Count] = FIFOCache(max_counted)
        self._lock = Lock()

    def wait(self, environ: WSGIEnvironment, feed: str) -> int:
        """Count a GET of a feed. Returns the seconds until the client may load the whole feed again; 0 if it may now."""
        if not self.limit or not environ.keys().isdisjoint(_CONDITIONAL_HEADERS):
            return 0
        client = client_of(environ)
        if client is None:
            return 0
        now = self.ticks()
        with self._lock:
            count = self._counts.get((client, feed))
            if count is None or now >= count.until:
                self._counts[client, feed] = _Count(now + HOUR)
                return 0
            count.number += 1
            number = count.number
        if number <= self.limit:
            return 0
        wait = math.ceil(count.until - now)
        if number == self.limit + 1:  # logged once an hour: most refused clients keep polling
            log.info("%s has loaded the whole of %s %d times: refused for %d s", client, feed, self.limit, wait)
        return wait


def client_of(environ: WSGIEnvironment) -> str | None:
    """The client's address: of the connection, or the last that a proxy on this machine or network has added.

    None if only a private address is known: a proxy that does not name its clients would count as one client."""
    address: str = environ.get("REMOTE_ADDR", "")
    if _is_private(address):
        address = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()[:MAX_ADDRESS_LENGTH]
    return None if _is_private(address) else address


@lru_cache(maxsize=4096)
def _is_private(address: str) -> bool:
    """Whether it is on this machine or a private network, as proxies, containers and load balancers are."""
    try:
        known = ip_address(address.removeprefix("::ffff:"))
    except ValueError:
        return not address
    return known.is_loopback or known.is_link_local or any(known in network for network in _PRIVATE)
