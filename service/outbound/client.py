"""The one way out: HTTP to addresses that strangers name, which must not reach what only we can reach."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from archive.errors import DatelineError

log = logging.getLogger(__name__)

CONNECT_WITHIN: Final = 5.0  # seconds, of each address
ANSWER_WITHIN: Final = 15.0  # seconds for all of it: name, connection, request and answer
MOST_BYTES: Final = 64 * 1024  # of an answer
LOOK_EVERY: Final = 0.25  # seconds between looks at what has taken too long
MOST_NAMES: Final = 128  # asked for at once

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

# What `is_global` lets through and still leads home, or to nobody.
_CLOSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "64:ff9b:1::/48",  # NAT64 of a local network (RFC 8215)
        "2001::/32",  # Teredo: both ends are in it
        "100::/64",  # discarded (RFC 6666)
        "fec0::/10",  # site-local, deprecated and still routed (RFC 3879)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
    )
)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")


class NoAnswer(DatelineError):
    """The other side could not be reached or did not answer in time, or said what is no HTTP."""

    code = "no_answer"


class Forbidden(DatelineError):
    """The address may not be called; trying again changes nothing unless its name comes to mean another."""

    code = "forbidden_address"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `body` is cut where it is longer than was asked for, and `whole` then False."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    whole: bool = True


class Guard:
    """Says which addresses may be called. `private`: all of them, for machines without strangers."""

    def __init__(self, *, private: bool = False) -> None:
        self.private = private

    def admits(self, address: str) -> bool:
        return self.private or is_public(ipaddress.ip_address(address))

    def admits_port(self, port: int) -> bool:
        """Well-known ports below 1024 belong to services that may take a request for something else."""
        return self.private or port in (80, 443) or port >= 1024


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the Internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
    if address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback:
        return False
    if any(address in network for network in _CLOSED if network.version == address.version):
        return False
    return address.is_global


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a gateway, or the system itself, would make of an IPv6 one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, in the order in which the system would try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Outgoing:
    """Calls http: and https: addresses that strangers named. Shared among threads.

    A name is resolved once, all that it resolves to is checked, and the connection goes to a checked
    address, so that a name which means another a moment later (DNS rebinding) leads nowhere. Host, SNI and
    the certificate are those of the name. Redirects are answers like others, and proxies are not asked."""

    def __init__(
        self,
        guard: Guard,
        *,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
        agent: str = "Dateline",
        connect_within: float = CONNECT_WITHIN,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        self.guard = guard
        self.connect_within = connect_within
        self.agent = agent
        self._tls = tls
        self._names = _Names(resolver)
        self._deadlines = _Deadlines(answer_within)

    def get(self, url: str, *, most_bytes: int = MOST_BYTES) -> Reply:
        return self.call("GET", url, most_bytes=most_bytes)

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, most_bytes: int = MOST_BYTES
    ) -> Reply:
        return self.call("POST", url, body, headers, most_bytes=most_bytes)

    def call(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        most_bytes: int = MOST_BYTES,
    ) -> Reply:
        """Raises Forbidden for what may not be called, and NoAnswer."""
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme not in ("http", "https") or not host:
            raise Forbidden("only http: and https: addresses can be called")
        if not self.guard.admits_port(port):
            raise Forbidden(f"port {port} may not be called; 80, 443 and those from 1024 on may")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        said = {"User-Agent": self.agent, "Accept": "*/*", "Connection": "close", **(headers or {})}
        with self._deadlines.watching() as watch:
            addresses = self._checked(host, port, watch)
            try:
                with closing(self._connection(parts.scheme, host, port, addresses, watch)) as connection:
                    with suppress(BrokenPipeError):  # who answers before all is said may well have answered
                        connection.request(method, target, body, said, preload_content=False, decode_content=False)
                    response = connection.getresponse()
                    received = response.read(most_bytes + 1) if most_bytes else b""
                    watch.check()  # a connection that was cut looks like an answer that ends
                    return Reply(response.status, response.headers, received[:most_bytes], len(received) <= most_bytes)
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                raise NoAnswer(f"{host} {watch.reason or _said(error)}") from error

    def abort(self) -> None:
        """Cut what is under way and what would begin, because the program ends."""
        self._deadlines.cut_all("was not waited for: the program ends")

    def _checked(self, host: str, port: int, watch: _Watch) -> Sequence[str]:
        try:
            watch.check()
            addresses = self._names.addresses(host, port, watch)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"{host} {watch.reason or f'has no address: {_said(error)}'}") from error
        if not addresses:
            raise NoAnswer(f"{host} has no address")
        # One that is forbidden condemns all: whoever names it means no good.
        for address in addresses:
            if not self.guard.admits(address):
                raise Forbidden(
                    f"{host} is not on the public Internet; DATELINE_ALLOW_PRIVATE_CALLBACKS lets it be called"
                )
        return addresses

    def _connection(self, scheme: str, host: str, port: int, addresses: Sequence[str], watch: _Watch) -> HTTPConnection:
        if scheme == "http":
            plain = _PinnedHTTP(host, port, timeout=self.connect_within)
            plain.pinned, plain.watch = addresses, watch
            return plain
        if self._tls is None:  # reads all that the system trusts: not before it is needed
            self._tls = ssl.create_default_context()
        safe = _PinnedHTTPS(host, port, timeout=self.connect_within, ssl_context=self._tls)
        safe.pinned, safe.watch = addresses, watch
        return safe


class _PinnedHTTP(HTTPConnection):
    """Connects to checked addresses; everything else goes by the name."""

    pinned: Sequence[str]
    watch: _Watch

    def _new_conn(self) -> socket.socket:
        return _open(self.pinned, self.port, self.timeout or CONNECT_WITHIN, self.watch)


class _PinnedHTTPS(HTTPSConnection):
    pinned: Sequence[str]
    watch: _Watch

    def _new_conn(self) -> socket.socket:
        return _open(self.pinned, self.port, self.timeout or CONNECT_WITHIN, self.watch)


def _open(addresses: Sequence[str], port: int, within: float, watch: _Watch) -> socket.socket:
    failure: OSError = TimeoutError("took too long")
    for address in addresses:
        left = watch.left()
        if left <= 0:
            break
        try:
            return _connected(address, port, min(within, left), watch)
        except OSError as error:
            watch.check()
            failure = error
    raise failure


def _connected(address: str, port: int, within: float, watch: _Watch) -> socket.socket:
    """A connection that the watch is over. Raises OSError, and no later than a moment after it was cut."""
    found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    family, kind, protocol, _, place = found[0]
    opened = socket.socket(family, kind, protocol)
    try:
        _connect(opened, place, time.monotonic() + within, watch)
        opened.settimeout(max(watch.left(), LOOK_EVERY))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watch.over(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _connect(opened: socket.socket, place: tuple[Any, ...], until: float, watch: _Watch) -> None:
    opened.setblocking(False)
    code = opened.connect_ex(place)
    if code == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(opened, select.POLLOUT)
        while not poll.poll(1000 * max(0.0, min(LOOK_EVERY, until - time.monotonic()))):
            watch.check()
            if time.monotonic() >= until:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        code = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


class _Names:
    """Asks what names mean, in threads of their own: a nameserver takes as long as it likes, and nothing cuts that.

    Calls of one name that ask at the same time wait for one answer."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._asked: dict[tuple[str, int], Future[Sequence[str]]] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int, watch: _Watch) -> Sequence[str]:
        """Raises OSError, also when the watch is over before the answer is there."""
        if _is_address(host):
            return self._resolver(host, port)
        asked = self._ask(host, port)
        while not wait([asked], timeout=LOOK_EVERY).done:
            watch.check()
        return asked.result()

    def _ask(self, host: str, port: int) -> Future[Sequence[str]]:
        with self._lock:
            asked = self._asked.get((host, port))
            if asked is None:
                if len(self._asked) >= MOST_NAMES:
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


class _Watch:
    """The time that one call has. Timeouts of sockets begin anew with each byte; this one does not."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.reason = ""
        self._handle: socket.socket | None = None

    def over(self, opened: socket.socket) -> None:
        """Cut this one when it is time. Raises TimeoutError where it has been."""
        # A second handle: TLS takes the first one away from whoever holds it.
        self._handle = opened.dup()
        self.check()

    def cut(self, reason: str) -> None:
        self.reason = reason
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def left(self) -> float:
        return self.until - time.monotonic()

    def check(self) -> None:
        if self.reason:
            raise TimeoutError(self.reason)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()


class _Deadlines:
    """Cuts calls that take too long, from one thread for all."""

    def __init__(self, within: float) -> None:
        self.within = within
        self._watches: set[_Watch] = set()
        self._ended = ""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self) -> Iterator[_Watch]:
        watch = _Watch(time.monotonic() + self.within)
        with self._lock:
            watch.reason = self._ended
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="deadlines", daemon=True)
                self._thread.start()
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.discard(watch)
                watch.close()

    def cut_all(self, reason: str) -> None:
        with self._lock:
            self._ended = reason
            for watch in self._watches:
                watch.cut(reason)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            with self._lock:
                late = time.monotonic()
                for watch in self._watches:
                    if watch.until < late and not watch.reason:
                        watch.cut(f"took longer than {self.within:.0f} s")
                if not self._watches:
                    self._thread = None
                    return


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _said(error: BaseException) -> str:
    """An error in few words, without the address, which is nobody's business."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
