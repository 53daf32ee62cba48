"""A WebSub subscriber for tests: a real server on loopback that records the requests of the hub."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class HubRequest:
    """One request of the hub."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters. Values of repeated ones are joined."""
        return {name: " ".join(values) for name, values in parse_qs(urlsplit(self.target).query).items()}

    def is_signed_with(self, secret: str) -> bool:
        """Whether the body is what the owner of the secret sent (§7.1.2)."""
        method, _, signature = self.headers["X-Hub-Signature"].partition("=")
        return hmac.compare_digest(
            hmac.new(secret.encode(), self.body, getattr(hashlib, method)).hexdigest(), signature
        )


@dataclass(frozen=True)
class CallbackResponse:
    """The response of the subscriber. Without a body it echoes the challenge (§5.3.1)."""

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


class Subscriber:
    """Confirms every intent and accepts every delivery, until `answer` is replaced."""

    def __init__(self, port: int = 0) -> None:
        self.heard: list[HubRequest] = []
        self.answer: Callable[[HubRequest], CallbackResponse] = lambda heard: CallbackResponse()
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", port), self._handler())
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "/callback") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def respond_with(self, status: int = 200, body: bytes | None = None, **headers: str) -> None:
        self.answer = lambda heard: CallbackResponse(status, body, headers)

    @property
    def verifications(self) -> list[HubRequest]:
        """Verifications and denials."""
        return [heard for heard in self.heard if heard.method == "GET"]

    @property
    def deliveries(self) -> list[HubRequest]:
        """Deliveries."""
        return [heard for heard in self.heard if heard.method == "POST"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._hear()

            def do_POST(self) -> None:
                self._hear()

            def _hear(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                heard = HubRequest(self.command, self.path, self.headers, body)
                with subscriber._lock:
                    subscriber.heard.append(heard)
                said = subscriber.answer(heard)
                echo = heard.query.get("hub.challenge", "").encode()
                answer = echo if said.body is None else said.body
                self.send_response(said.status)
                for name, value in (said.headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if said.status not in (204, 304):
                    self.wfile.write(answer)

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def a_subscriber(port: int = 0) -> Iterator[Subscriber]:
    """Run a subscriber on a free port, or on the given one."""
    subscriber = Subscriber(port)
    try:
        yield subscriber
    finally:
        subscriber.close()
