"""HTTP client for URLs from outside, which must not reach this machine or its network (SSRF)."""

from __future__ import annotations

import errno
import logging
import os
import select
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from service.outbound.address_guard import AddressGuard
from service.outbound.deadlines import POLL_INTERVAL, Deadlines, Watch
from service.outbound.errors import Forbidden, NoAnswer
from service.outbound.resolver import NameResolver, Resolver, resolve
from service.outbound.response import Response

log = logging.getLogger(__name__)

CONNECT_TIMEOUT: Final = 5.0  # seconds, for each address
CALL_TIMEOUT: Final = 15.0  # seconds for the whole call: name, connection, request and response
MAX_RESPONSE_BYTES: Final = 64 * 1024


class Client:
    """Calls http: and https: URLs from outside. Threads may share it.

    A name is resolved once, all its addresses are checked, and the connection goes to a checked address, so that DNS
    rebinding has no effect. Host, SNI and certificate are those of the name. Follows no redirects, uses no proxies."""

    def __init__(
        self,
        guard: AddressGuard,
        *,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
        agent: str = "Dateline",
        connect_timeout: float = CONNECT_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
    ) -> None:
        self.guard = guard
        self.connect_timeout = connect_timeout
        self.agent = agent
        self._tls = tls
        self._names = NameResolver(resolver)
        self._deadlines = Deadlines(call_timeout)

    def get(self, url: str, *, max_bytes: int = MAX_RESPONSE_BYTES) -> Response:
        return self.call("GET", url, max_bytes=max_bytes)

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, max_bytes: int = MAX_RESPONSE_BYTES
    ) -> Response:
        return self.call("POST", url, body, headers, max_bytes=max_bytes)

    def call(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        max_bytes: int = MAX_RESPONSE_BYTES,
    ) -> Response:
        """Raises Forbidden for a URL that may not be called, and NoAnswer without a complete HTTP response in time."""
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme not in ("http", "https") or not host:
            raise Forbidden("only http: and https: URLs can be called")
        if not self.guard.allows_port(port):
            raise Forbidden(f"port {port} is not allowed; use 80, 443 or one from 1024")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent_headers = {"User-Agent": self.agent, "Accept": "*/*", "Connection": "close", **(headers or {})}
        with self._deadlines.watching() as watch:
            addresses = self._allowed_addresses(host, port, watch)
            try:
                with closing(self._connection(parts.scheme, host, port, addresses, watch)) as connection:
                    with suppress(BrokenPipeError):  # a server may answer before it has read the whole request
                        connection.request(
                            method, target, body, sent_headers, preload_content=False, decode_content=False
                        )
                    response = connection.getresponse()
                    received = response.read(max_bytes + 1) if max_bytes else b""
                    watch.check()  # a connection that was cut looks like the end of a response
                    return Response(response.status, response.headers, received[:max_bytes], len(received) <= max_bytes)
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                raise NoAnswer(f"{host} {watch.reason or _reason(error)}") from error

    def abort(self) -> None:
        """Cut the calls under way and refuse new ones, because the program ends."""
        self._deadlines.cut_all("was cut: the program ends")

    def _allowed_addresses(self, host: str, port: int, watch: Watch) -> Sequence[str]:
        try:
            watch.check()
            addresses = self._names.addresses(host, port, watch)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"{host} {watch.reason or f'has no address: {_reason(error)}'}") from error
        if not addresses:
            raise NoAnswer(f"{host} has no address")
        # One forbidden address forbids the name: it may be an attack.
        for address in addresses:
            if not self.guard.allows(address):
                raise Forbidden(f"{host} is not on the public Internet; DATELINE_ALLOW_PRIVATE_CALLBACKS=1 allows it")
        return addresses

    def _connection(self, scheme: str, host: str, port: int, addresses: Sequence[str], watch: Watch) -> HTTPConnection:
        if scheme == "http":
            plain = _PinnedHTTP(host, port, timeout=self.connect_timeout)
            plain.pinned, plain.watch = addresses, watch
            return plain
        if self._tls is None:  # only when needed: it reads all certificates that the system trusts
            self._tls = ssl.create_default_context()
        safe = _PinnedHTTPS(host, port, timeout=self.connect_timeout, ssl_context=self._tls)
        safe.pinned, safe.watch = addresses, watch
        return safe


class _PinnedHTTP(HTTPConnection):
    """Connects to checked addresses; Host, SNI and certificate are those of the name."""

    pinned: Sequence[str]
    watch: Watch

    def _new_conn(self) -> socket.socket:
        return _open(self.pinned, self.port, self.timeout or CONNECT_TIMEOUT, self.watch)


class _PinnedHTTPS(HTTPSConnection):
    pinned: Sequence[str]
    watch: Watch

    def _new_conn(self) -> socket.socket:
        return _open(self.pinned, self.port, self.timeout or CONNECT_TIMEOUT, self.watch)


def _open(addresses: Sequence[str], port: int, timeout: float, watch: Watch) -> socket.socket:
    failure: OSError = TimeoutError("took too long")
    for address in addresses:
        remaining = watch.remaining()
        if remaining <= 0:
            break
        try:
            return _connect_socket(address, port, min(timeout, remaining), watch)
        except OSError as error:
            watch.check()
            failure = error
    raise failure


def _connect_socket(address: str, port: int, timeout: float, watch: Watch) -> socket.socket:
    """A connected socket, attached to the watch. Raises OSError, at most POLL_INTERVAL after the watch was cut."""
    resolved = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    family, kind, protocol, _, sockaddr = resolved[0]
    sock = socket.socket(family, kind, protocol)
    try:
        _connect(sock, sockaddr, time.monotonic() + timeout, watch)
        sock.settimeout(max(watch.remaining(), POLL_INTERVAL))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watch.attach(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def _connect(sock: socket.socket, sockaddr: tuple[Any, ...], until: float, watch: Watch) -> None:
    sock.setblocking(False)
    code = sock.connect_ex(sockaddr)
    if code == errno.EINPROGRESS:
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while not poll.poll(1000 * max(0.0, min(POLL_INTERVAL, until - time.monotonic()))):
            watch.check()
            if time.monotonic() >= until:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _reason(error: BaseException) -> str:
    """A short reason, without the address, which must not be disclosed."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
