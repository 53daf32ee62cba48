"""The outbound client: which URLs it calls, and how it limits responses."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from service.outbound.address_guard import AddressGuard
from service.outbound.client import Client
from service.outbound.errors import Forbidden, NoAnswer
from service.outbound.resolver import resolve
from tests.support.subscriber import Subscriber, a_subscriber

OPEN = AddressGuard(private=True)


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with a_subscriber() as opened:
        yield opened


def meaning(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """A resolver that returns these addresses for every name."""
    return lambda host, port: addresses


@contextmanager
def a_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that calls `serve` with each connection. Yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    serve(connection)
                except OSError:
                    continue

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


# Addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "1.1.1.1",
        "172.15.255.255",
        "172.32.0.1",
        "100.63.255.255",
        "198.17.0.1",
        "2606:4700:4700::1111",
        "2a00:1450:4001:800::200e",
        "::ffff:93.184.216.34",
        "2002:5db8:d822::1",
        "64:ff9b::5db8:d822",
    ],
)
def test_public_addresses_can_be_called(address: str) -> None:
    assert AddressGuard().allows(address)


@pytest.mark.parametrize(
    "address",
    [
        # loopback, unspecified, broadcast
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "255.255.255.255", "::1", "::",
        # private networks, carrier-grade NAT, link-local
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
        "169.254.169.254", "169.254.0.1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1",
        # multicast, benchmarks, documentation, reserved
        "224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "192.0.0.1", "192.0.2.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "192.88.99.1", "240.0.0.1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
        # IPv4 embedded in IPv6
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1",
        "2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1", "64:ff9b:1:fffe::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1",
    ],
)  # fmt: skip
def test_private_addresses_cannot_be_called(address: str) -> None:
    assert not AddressGuard().allows(address)
    assert OPEN.allows(address)


@pytest.mark.parametrize(("port", "admitted"), [(80, True), (443, True), (8080, True), (22, False), (25, False)])
def test_ports_of_other_services_are_left_alone(port: int, admitted: bool) -> None:
    assert AddressGuard().allows_port(port) is admitted
    with pytest.raises(Forbidden if not admitted else NoAnswer):
        Client(AddressGuard(), resolver=meaning()).get(f"http://reader.example:{port}/")


def test_one_forbidden_address_forbids_the_name(subscriber: Subscriber) -> None:
    client = Client(AddressGuard(), resolver=meaning("93.184.216.34", "127.0.0.1"))
    with pytest.raises(Forbidden, match="DATELINE_ALLOW_PRIVATE_CALLBACKS"):
        client.get(f"http://reader.example:{subscriber.port}/")
    assert subscriber.heard == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::1]"])
def test_no_spelling_of_this_machine_gets_through(subscriber: Subscriber, host: str) -> None:
    with pytest.raises((Forbidden, NoAnswer)):
        Client(AddressGuard()).get(f"http://{host}:{subscriber.port}/")
    assert subscriber.heard == []


def test_a_name_is_asked_once_and_the_checked_address_is_called(subscriber: Subscriber) -> None:
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    client = Client(OPEN, resolver=rebinding)
    assert client.get(f"http://reader.example:{subscriber.port}/x?y").status == 200
    assert asked == ["reader.example"]
    [heard] = subscriber.heard
    assert (heard.headers["Host"], heard.target) == (f"reader.example:{subscriber.port}", "/x?y")


def test_a_name_that_comes_to_mean_this_machine_is_refused_then(subscriber: Subscriber) -> None:
    class Rebinding(AddressGuard):
        """Treats one address of this machine as public."""

        def allows(self, address: str) -> bool:
            return address == "127.0.0.1" or super().allows(address)

    meanings = iter([["127.0.0.1"], ["127.0.0.2"]])
    client = Client(Rebinding(), resolver=lambda host, port: next(meanings))
    url = f"http://reader.example:{subscriber.port}/"
    assert client.get(url).status == 200
    with pytest.raises(Forbidden):
        client.get(url)


def test_the_next_address_is_tried_where_one_does_not_answer(subscriber: Subscriber) -> None:
    client = Client(OPEN, resolver=meaning("127.0.0.2", "127.0.0.1"))
    assert client.get(f"http://reader.example:{subscriber.port}/").status == 200


def test_a_name_without_address_gives_no_answer() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NoAnswer, match=r"^reader\.example has no address: Name or service not known$"):
        Client(OPEN, resolver=unknown).get("http://reader.example/")


@pytest.mark.parametrize("url", ["ftp://reader.example/", "file:///etc/passwd", "http:///x", "//reader.example/"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(Forbidden):
        Client(OPEN, resolver=meaning("127.0.0.1")).get(url)


def test_no_proxy_is_asked(subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Client(OPEN).get(subscriber.url()).status == 200


# Answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(subscriber: Subscriber, status: int) -> None:
    subscriber.respond_with(status, Location=subscriber.url("/elsewhere"))
    response = Client(OPEN).get(subscriber.url())
    assert (response.status, response.headers["Location"]) == (status, subscriber.url("/elsewhere"))
    assert [heard.path for heard in subscriber.heard] == ["/callback"]


def test_a_post_has_its_body_and_headers_and_says_who_calls(subscriber: Subscriber) -> None:
    response = Client(OPEN, agent="Dateline (+https://news.example.org/)").post(
        subscriber.url("/x"), b"body", {"Content-Type": "text/plain"}
    )
    [heard] = subscriber.heard
    assert (response.status, heard.method, heard.body) == (200, "POST", b"body")
    assert (heard.headers["Content-Type"], heard.headers["Content-Length"]) == ("text/plain", "4")
    assert heard.headers["User-Agent"] == "Dateline (+https://news.example.org/)"


def test_no_more_of_an_answer_is_read_than_was_asked_for(subscriber: Subscriber) -> None:
    subscriber.respond_with(200, b"x" * 1000)
    client = Client(OPEN)
    short, exact, none = (client.get(subscriber.url(), max_bytes=most) for most in (999, 1000, 0))
    assert (len(short.body), short.is_complete) == (999, False)
    assert (len(exact.body), exact.is_complete) == (1000, True)
    assert none.body == b""


def test_an_endless_answer_is_cut(subscriber: Subscriber) -> None:
    def pour(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with a_server(pour) as port:
        response = Client(OPEN).get(f"http://127.0.0.1:{port}/", max_bytes=100)
    assert (len(response.body), response.is_complete) == (100, False)


def test_headers_without_end_are_no_answer() -> None:
    def pour(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-More: of the same\r\n" * 1000)

    with a_server(pour) as port, pytest.raises(NoAnswer):
        Client(OPEN).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 OK\r\n\r\n", b"\0" * 100])
def test_a_response_that_is_not_http_is_no_answer(answer: bytes) -> None:
    def say(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with a_server(say) as port, pytest.raises(NoAnswer):
        Client(OPEN).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "slowly", [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500]
)
def test_time_is_limited_for_all_of_it_and_not_for_each_byte(slowly: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        for byte in slowly:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)  # in the server's thread; ten seconds in all

    with a_server(drip) as port:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match="took longer than"):
            Client(OPEN, call_timeout=0.5).get(f"http://127.0.0.1:{port}/", max_bytes=1000)
        assert time.monotonic() - began < 5


def abort_after(client: Client, happened: Callable[[], bool]) -> None:
    if happened():
        client.abort()


def test_nobody_is_waited_for_when_the_program_ends() -> None:
    asked = threading.Event()

    def stay_silent(connection: socket.socket) -> None:
        connection.recv(65536)
        asked.set()
        connection.recv(65536)

    client = Client(OPEN, call_timeout=60)
    with a_server(stay_silent) as port:
        threading.Thread(target=abort_after, args=(client, partial(asked.wait, 30))).start()
        with pytest.raises(NoAnswer, match="the program ends"):
            client.get(f"http://127.0.0.1:{port}/")


@pytest.fixture
def full() -> Iterator[int]:
    """The port of a listener whose queue is full: new connections hang."""
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            other = waiting.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_connection_that_does_not_come_has_its_time(full: int) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="Connection timed out"):
        Client(OPEN, connect_timeout=0.3).get(f"http://127.0.0.1:{full}/")
    assert time.monotonic() - began < 5


def test_no_connection_is_waited_for_when_the_program_ends(full: int) -> None:
    client = Client(OPEN, connect_timeout=20, call_timeout=20)
    threading.Timer(0.3, client.abort).start()  # the time does not matter
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="the program ends"):
        client.get(f"http://127.0.0.1:{full}/")
    assert time.monotonic() - began < 10


def test_nothing_is_called_any_more_when_the_program_ends(subscriber: Subscriber) -> None:
    client = Client(OPEN)
    client.abort()
    with pytest.raises(NoAnswer, match="the program ends"):
        client.get(subscriber.url())
    assert subscriber.heard == []


class SilentNameserver:
    """A resolver that answers only when the test says so."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = threading.Semaphore(0)
        self.answers = threading.Event()

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.release()
        self.answers.wait(60)
        return self.addresses


@pytest.fixture
def nameserver() -> Iterator[SilentNameserver]:
    silent = SilentNameserver("127.0.0.1")
    yield silent
    silent.answers.set()


def test_the_time_of_a_call_begins_before_its_name_is_looked_up(nameserver: SilentNameserver) -> None:
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"^reader\.example took longer than"):
        Client(OPEN, resolver=nameserver, call_timeout=0.5).get("http://reader.example/")
    assert time.monotonic() - began < 30


def test_no_nameserver_is_waited_for_when_the_program_ends(nameserver: SilentNameserver) -> None:
    client = Client(OPEN, resolver=nameserver, call_timeout=60)
    threading.Thread(target=abort_after, args=(client, partial(nameserver.asked.acquire, timeout=30))).start()
    with pytest.raises(NoAnswer, match="the program ends"):
        client.get("http://reader.example/")


def test_others_are_called_while_a_nameserver_is_silent(nameserver: SilentNameserver, subscriber: Subscriber) -> None:
    client = Client(OPEN, resolver=lambda *asked: resolve(*asked) if asked[0][0].isdigit() else nameserver(*asked))
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(client.get, f"http://reader.example:{subscriber.port}/") for _ in range(4)]
        assert nameserver.asked.acquire(timeout=30)
        assert client.get(subscriber.url()).status == 200
        nameserver.answers.set()
        assert [call.result().status for call in calls] == [200] * 4


def test_every_call_checks_what_its_name_means(nameserver: SilentNameserver) -> None:
    client = Client(AddressGuard(), resolver=nameserver)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(client.get, "http://reader.example/") for _ in range(4)]
        nameserver.answers.set()
        assert [type(call.exception()) for call in calls] == [Forbidden] * 4


def test_an_answer_before_the_request_is_read_to_its_end_counts() -> None:
    def hurry(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with a_server(hurry) as port:
        assert Client(OPEN).post(f"http://127.0.0.1:{port}/", b"x" * 1_000_000).status == 410


def test_an_error_names_the_host_and_nothing_more_of_the_address() -> None:
    with pytest.raises(NoAnswer) as raised:
        Client(OPEN).get("http://127.0.0.1:1/capability?key=unguessable")
    assert str(raised.value) == "127.0.0.1 Connection refused"


# Certificates ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of reader.example, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed (Debian: apt-get install openssl)")
    folder = tmp_path_factory.mktemp("certificate")
    key, file = folder / "key.pem", folder / "both.pem"
    subject = ["-subj", "/CN=reader.example", "-addext", "subjectAltName=DNS:reader.example"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run(
        [openssl, "req", "-x509", *kind, *subject, "-keyout", key, "-out", file], check=True, capture_output=True
    )
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file


@contextmanager
def a_safe_server(certificate: Path) -> Iterator[tuple[int, list[str | None]]]:
    names: list[str | None] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda connection, name, context: names.append(name)

    def serve(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True) as safe:
            safe.recv(65536)
            safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

    with a_server(serve) as port:
        yield port, names


def test_the_certificate_is_that_of_the_name_and_not_of_the_address(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    client = Client(OPEN, resolver=meaning("127.0.0.1"), tls=trusting)
    with a_safe_server(certificate) as (port, names):
        assert client.get(f"https://reader.example:{port}/").body == b"OK"
        assert names == ["reader.example"]
        for other in ("other.example", "127.0.0.1"):
            with pytest.raises(NoAnswer):
                client.get(f"https://{other}:{port}/")


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with a_safe_server(certificate) as (port, _), pytest.raises(NoAnswer):
        Client(OPEN, resolver=meaning("127.0.0.1")).get(f"https://reader.example:{port}/")


def test_a_handshake_has_the_same_time_limit() -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # a long first message of the server …
        for _ in range(500):
            connection.sendall(b"x")  # … byte after byte
            time.sleep(0.02)

    with a_server(drip) as port, pytest.raises(NoAnswer):
        Client(OPEN, call_timeout=0.5).get(f"https://127.0.0.1:{port}/")
