"""Acknowledged articles survive kills of any process at any time, and a full disk."""

from __future__ import annotations

import errno
import math
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import PATIENCE, Client, RunningService, running_service, wait_for

pytestmark = pytest.mark.slow

KILLS = {"worker": 14, "web": 14, "parent": 2, "everything": 2}
PAUSES = (0.05, 1.2)  # seconds between two kills: minimum and maximum
IN_ONE_TAG = 40  # fewer than the length of a feed, so that the feed of a tag has all its articles
DISK = 24  # MB


class Poster:
    """Posts articles one after the other, and records those that the service has acknowledged.

    With `insists` it repeats unacknowledged requests, with the same Idempotency-Key."""

    def __init__(self, name: str, port: int, *, insists: bool) -> None:
        self.name = name
        self.acknowledged: dict[str, str] = {}  # id by title
        self._insists = insists
        self._client = Client(port, timeout=5)
        self._stopping = threading.Event()
        self._give_up = math.inf
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """With `insists`, wait until the last request is acknowledged, for at most PATIENCE."""
        self._give_up = time.monotonic() + PATIENCE
        self._stopping.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            self._post(number)
            self._stopping.wait(0.01)

    def _post(self, number: int) -> None:
        title = f"{self.name} {number}"
        article = {"title": title, "content_text": f"Words of {title}.", "tags": [_tag(title)]}
        while True:
            with suppress(OSError, HTTPException):
                answer = self._client.post(article, key=f"{self.name}-{number}")
                if answer.status == 201:
                    self.acknowledged[title] = answer.json["id"]
                    return
            if not self._insists or time.monotonic() > self._give_up:
                return
            time.sleep(0.05)


def _tag(title: str) -> str:
    name, number = title.rsplit(" ", 1)
    return f"{name}-{int(number) // IN_ONE_TAG}"


class Killer:
    """Kills processes of the service (SIGKILL), at random times and in random order."""

    def __init__(self, service: RunningService, chance: random.Random) -> None:
        self._service = service
        self._chance = chance
        self._indexed = 0
        self._ways: dict[str, Callable[[], None]] = {
            "worker": lambda: self._kill_one(service.worker),
            "web": lambda: self._kill_one(service.web),
            "parent": lambda: self._restart(service.kill),
            "everything": lambda: self._restart(service.kill_all),
        }

    def kill(self, kinds: Mapping[str, int]) -> None:
        order = list(Counter(kinds).elements())
        self._chance.shuffle(order)
        for kind in order:
            time.sleep(self._chance.uniform(*PAUSES))
            if self._chance.random() < 0.5:  # otherwise it may be killed again before it has done any work
                wait_for("the worker is at work", self._at_work)
            self._ways[kind]()

    def _at_work(self) -> bool:
        with self._service.client() as client:
            indexed = client.get("/readyz").json["parts"]["index"].get("position", 0)
        more: bool = indexed > self._indexed
        self._indexed = indexed
        return more

    def _kill_one(self, processes: Callable[[], list[int]]) -> None:
        # There is none right after a kill: wait until it is restarted.
        pid = self._chance.choice(wait_for("a process to kill", processes))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _restart(self, kill: Callable[[], None]) -> None:
        kill()
        self._service.start()


def test_no_acknowledged_article_is_lost_whatever_is_killed_when(tmp_path: Path) -> None:
    seed = int(os.environ.get("DATELINE_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
    print(f"again with DATELINE_TEST_SEED={seed}")
    with running_service(tmp_path) as service:
        hers = Poster("hers", service.port, insists=True)
        his = Poster("his", service.port, insists=False)
        killer = Killer(service, random.Random(seed))
        hers.start()
        his.start()
        try:
            killer.kill(KILLS)
        finally:
            hers.stop()
            his.stop()
        print(f"acknowledged: {len(hers.acknowledged)} and {len(his.acknowledged)}")
        acknowledged = hers.acknowledged | his.acknowledged
        with service.client() as client:
            wait_for("index and feeds have caught up", client.delivered)
            archived = {article["title"]: article["id"] for article in _each_once(client.archived())}
            assert acknowledged.items() <= archived.items()
            assert {title for title in archived if title.startswith("hers")} == hers.acknowledged.keys()
            tags = sorted(set(map(_tag, archived)))
            assert {result["id"] for tag in tags for result in _each_once(client.found(tag=tag))} == set(
                archived.values()
            )
            assert {item["title"] for tag in tags for item in _each_once(_feed(client, tag))} == set(archived)
        checked = service.dateline("check")
        assert (checked.returncode, checked.stdout) == (0, "Archive, index and feeds agree.\n"), checked.stderr


def _feed(client: Client, tag: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/tags/{tag}/feed.json").json["items"]
    return items


def _each_once(articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ids = Counter(article["id"] for article in articles)
    assert set(ids.values()) <= {1}, ids.most_common(3)
    return articles


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own with DISK megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"A small disk cannot be mounted here (root can): {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_articles_whole_and_takes_them_again_once_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    with running_service(tmp_path, data=small_disk / "data") as service, service.client() as client:
        acknowledged = {client.posted(title="Before", content_text="There is room.")["title"]}
        wait_for("index and feeds have the first one", client.delivered)
        ballast = small_disk / "ballast"
        _fill(ballast)
        refused = None
        for number in range(1000):  # space that the database has already allocated takes some more articles
            _fill(ballast)
            title = f"Full {number}"
            answer = client.post({"title": title, "content_text": "Much text. " * 10_000})
            if answer.status != 201:
                refused = title, answer
                break
            acknowledged.add(title)
        assert refused is not None
        title, answer = refused
        assert (answer.status, answer.headers["Content-Type"]) in [
            (507, "application/problem+json"),
            (503, "application/problem+json"),
        ], answer.body
        assert {article["title"] for article in client.archived()} == acknowledged
        ballast.unlink()
        wait_for("it takes articles again", lambda: client.post({"title": title, "content_text": "?"}).status == 201)
        wait_for("index and feeds have caught up", client.delivered)
        assert {article["title"] for article in _each_once(client.archived())} == acknowledged | {title}
        assert {found["title"] for found in _each_once(client.found())} == acknowledged | {title}
        checked = service.dateline("check")
        assert (checked.returncode, checked.stdout) == (0, "Archive, index and feeds agree.\n"), checked.stderr


def _fill(ballast: Path) -> None:
    """Fill the disk to the last byte."""
    with ballast.open("ab", buffering=0) as file:
        for length in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * length):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
