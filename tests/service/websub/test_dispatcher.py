"""The dispatcher: slow hosts delay only each other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from archive.store.archive import Archive
from archive.store.changes import ChangeKind
from archive.store.subscriptions import Failed, Subscription
from service.outbound.address_guard import AddressGuard
from service.outbound.client import Client
from service.outbound.errors import NoAnswer
from service.outbound.response import Response
from service.websub.dispatcher import (
    CLAIM_SIZE,
    MAX_PER_HOST,
    POSTPONE_DELAY,
    SLOW_MAX_PER_HOST,
    SLOW_MAX_TASKS_PER_HOST,
    CallbackDispatcher,
)
from service.websub.retries import BACKOFF
from tests.support.archives import a_lease, a_rendition, an_intent
from tests.support.builders import NOON, SITE
from tests.support.running import wait_for

pytestmark = pytest.mark.slow

SILENT = "silent.example"
READER = "reader.example"


class Callbacks(Client):
    """All hosts accept deliveries except the silent one, whose calls fail when the test says so."""

    def __init__(self) -> None:
        super().__init__(AddressGuard(private=True))
        self.asked: Counter[str] = Counter()
        self._failing = threading.Semaphore(0)

    def fail(self, calls: int = 1000) -> None:
        self._failing.release(calls)

    def call(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> Response:
        host = urlsplit(url).netloc
        self.asked[host] += 1
        if host == SILENT:
            self._failing.acquire(timeout=60)
            raise NoAnswer(f"{host} is silent")
        return Response(200, {}, b"")


class Scene:
    """A dispatcher with fake subscribers. The test sets the time."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.now = NOON
        self.callbacks = Callbacks()
        self.dispatcher = CallbackDispatcher(
            archive, SITE, self.callbacks, owner="here", clock=lambda: self.now, stopping=threading.Event()
        )

    def owe(self, host: str, number: int, *, failed: bool = False) -> None:
        """Add `number` due subscriptions of a host, to a feed that changed later than those of other hosts."""
        path = f"/tags/{host}-{failed}/feed.atom"
        for one in range(number):
            asked = an_intent(number=one, path=path, host=host, callback=f"http://{host}/{one}")
            assert self.archive.intents.add(asked, now=self.now, max_waiting=1000)
            assert self.archive.intents.confirm(asked, now=self.now, until=self.now + timedelta(days=1))
        self.now += timedelta(seconds=1)
        self.archive.renditions.put([a_rendition(path)], a_lease(self.archive))
        position = self.archive.changes.last(ChangeKind.RENDITION)
        self.archive.subscriptions.mark_due({path: position}, now=self.now, retry_at=self.now)
        if failed:
            missed = [Failed(one.id, one.wanted, self.now) for one in self.subscriptions() if one.path == path]
            self.archive.subscriptions.record_results(failed=missed, now=self.now)

    def subscriptions(self) -> list[Subscription]:
        return list(self.archive.subscriptions.every(now=self.now))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run the dispatcher in a thread, until it has no more work."""
        running = threading.Thread(target=self.dispatcher.run)
        running.start()
        try:
            yield
        finally:
            self.callbacks.fail()
            running.join()


@pytest.fixture
def scene(archive: Archive) -> Iterator[Scene]:
    opened = Scene(archive)
    yield opened
    opened.dispatcher.close()


def test_nobody_waits_for_a_silent_host_of_many_subscribers(scene: Scene) -> None:
    scene.owe(SILENT, 300)
    scene.owe(READER, 5)
    with scene.at_work():
        wait_for("the other host is told", lambda: scene.callbacks.asked[READER] == 5)


def test_what_waits_for_a_host_that_turns_out_silent_waits_among_the_slow_or_comes_later(scene: Scene) -> None:
    scene.owe(SILENT, CLAIM_SIZE)
    with scene.at_work():
        wait_for("the first calls", lambda: scene.callbacks.asked[SILENT] == MAX_PER_HOST)
        scene.callbacks.fail(1)
        wait_for("calls among the slow", lambda: scene.callbacks.asked[SILENT] == MAX_PER_HOST + SLOW_MAX_PER_HOST)
        assert len(scene.dispatcher._quick_pool) == MAX_PER_HOST - 1
    called = MAX_PER_HOST + SLOW_MAX_TASKS_PER_HOST
    assert Counter((one.failures, one.due) for one in scene.subscriptions()) == {
        (1, scene.now + BACKOFF[0]): called,
        (0, scene.now + POSTPONE_DELAY): CLAIM_SIZE - called,
    }


def test_a_host_gets_eight_calls_at_a_time_whatever_became_of_earlier_ones(scene: Scene) -> None:
    scene.owe(SILENT, 20)
    scene.owe(SILENT, 20, failed=True)
    pools = (scene.dispatcher._quick_pool, scene.dispatcher._slow_pool)
    with scene.at_work():
        wait_for("all is claimed", lambda: all(len(pool) >= SLOW_MAX_TASKS_PER_HOST for pool in pools))
        assert sum(pool._running[SILENT] for pool in pools) == 8
