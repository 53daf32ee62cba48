"""The real service for tests: `dateline serve` on a free port, its processes and its API."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

PATIENCE = 60.0  # seconds: a deadline for a busy machine, not a measurement
POLL_INTERVAL = 0.05
RESPONSE_TIMEOUT = 20.0
TOKEN = "a-token-for-tests-alone"
T = TypeVar("T")

Headers = Mapping[str, str]


class WaitTimeout(AssertionError):
    """The condition was not met in time."""


def wait_for(what: str, look: Callable[[], T], *, patience: float = PATIENCE, every: float = POLL_INTERVAL) -> T:
    """The first true result of `look`. Connection errors count as false. Raises WaitTimeout."""
    give_up = time.monotonic() + patience
    while True:
        try:
            result = look()
            if result:
                return result
            seen: object = result
        except (OSError, http.client.HTTPException) as error:
            seen = error
        if time.monotonic() > give_up:
            raise WaitTimeout(f"{what}: not within {patience:.0f} s; last seen: {seen!r}")
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Keeps one connection open, and reconnects if it breaks. Not thread-safe."""

    def __init__(self, port: int, *, timeout: float = RESPONSE_TIMEOUT) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Headers | None = None) -> Answer:
        """Raises OSError or HTTPException if there is no complete response."""
        try:
            self._connection.request(method, quote(path, safe="/?=&%+:"), body, dict(headers or {}))
            response = self._connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except BaseException:
            self._connection.close()
            raise

    def get(self, path: str, headers: Headers | None = None, **parameters: Any) -> Answer:
        return self.ask("GET", f"{path}?{urlencode(parameters)}" if parameters else path, headers=headers)

    def admin(self, method: str, path: str, fields: object = None, headers: Headers | None = None) -> Answer:
        body = None if fields is None else json.dumps(fields).encode()
        authorized = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **(headers or {})}
        return self.ask(method, f"/admin{path}", body, authorized)

    def post(self, article: Mapping[str, Any], *, key: str | None = None) -> Answer:
        return self.admin("POST", "/articles", article, {"Idempotency-Key": key} if key else None)

    def posted(self, **fields: Any) -> dict[str, Any]:
        """Add an article; the JSON of the response."""
        answer = self.post(fields)
        assert answer.status == 201, answer.body
        document: dict[str, Any] = answer.json
        return document

    def archived(self) -> list[dict[str, Any]]:
        """Every article of every status, newest first."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.admin("GET", f"/articles?limit=200&cursor={cursor}").json
            found += page["articles"]
            cursor = page["next"]
            if cursor is None:
                return found

    def found(self, **parameters: Any) -> list[dict[str, Any]]:
        """Every result of a search, from all its pages. Raises HTTPException while there is no index."""
        found: list[dict[str, Any]] = []
        page, pages = 1, 1
        while page <= pages:
            answer = self.get("/api/search", per_page=100, page=page, **parameters)
            if answer.status != 200:
                raise http.client.HTTPException(f"{answer.status} {answer.body!r}")
            document = answer.json
            found += document["results"]
            page, pages = page + 1, document["pages"]
        return found

    def delivered(self) -> bool:
        """Whether index and feeds are up to date with the archive."""
        answer = self.get("/readyz")
        return answer.status == 200 and answer.json["parts"]["worker"]["status"] == "ok"

    def close(self) -> None:
        self._connection.close()


class RunningService:
    """`dateline serve` on a data folder, which is kept. Its output goes to `log`."""

    def __init__(self, data: Path, *, log: Path, **settings: str | int) -> None:
        self.data = data
        self.log = log
        self.port = free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
        given = {"DATA": data, "ADMIN_TOKEN": TOKEN, "SAMPLES": 0, **settings}
        self.environment = inherited | {f"DATELINE_{name.upper()}": str(value) for name, value in given.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start once the port is free; return when the service is ready."""
        wait_for(f"port {self.port} is free", lambda: not self._answers())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve", "--port", str(self.port), "--web-workers", "2"],
                cwd=self.data.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for("the service is ready", self._ready)

    def stop(self) -> None:
        """Stop as a supervisor does: SIGTERM first."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(RESPONSE_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill_all()
            self._process = None

    def kill(self) -> None:
        """Kill only the parent; its children have to notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_all(self) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def worker(self) -> list[int]:
        return [pid for pid in self._children() if _is_worker(pid)]

    def web(self) -> list[int]:
        return [pid for pid in self._children() if not _is_worker(pid)]

    def dateline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command on the same data folder."""
        return subprocess.run(
            [sys.executable, "-m", "service.cli", *arguments],
            cwd=self.data.parent,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def client(self) -> Iterator[Client]:
        client = Client(self.port)
        try:
            yield client
        finally:
            client.close()

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise WaitTimeout(f"the service ended at once; it said:\n{self.log.read_text()[-2000:]}")
        with self.client() as client:
            return client.get("/readyz").status == 200

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _children(self) -> list[int]:
        # Each thread lists the children it has started.
        listed = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [int(pid) for children in listed for pid in children.read_text().split()]


def _is_worker(pid: int) -> bool:
    try:
        return b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


@contextmanager
def running_service(folder: Path, data: Path | None = None, **settings: str | int) -> Iterator[RunningService]:
    """Run the service, with its log and, unless `data` is given, its data in `folder`; stop it at the end."""
    service = RunningService(data or folder / "data", log=folder / "service.log", **settings)
    try:
        service.start()
        yield service
    finally:
        service.stop()
