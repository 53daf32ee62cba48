"""Health checks: `/healthz` and `/readyz`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest

from archive.errors import ArchiveUnavailable, IndexUnavailable
from archive.store.changes import ChangeKind
from archive.timestamps import rfc3339
from service.consumers import SCHEDULES, Schedule
from service.heartbeat import Heartbeat
from tests.support.harness import Harness


def test_a_process_that_answers_is_alive(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.archive.changes, "head", _fail(ArchiveUnavailable("away")))
    answer = harness.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_and_up_to_date(harness: Harness) -> None:
    harness.posted()
    harness.deliver()
    Heartbeat(harness.archive, clock=harness.clock).beat()
    answer = harness.get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.headers["Cache-Control"]) == (200, "ok", "no-store")
    assert answer.json["parts"]["index"] == {"status": "ok", "documents": 1, "position": 1}
    assert answer.json["parts"]["worker"] == {
        "status": "ok",
        "behind": {"feeds": 0, "index": 0},
        "seen": rfc3339(harness.now),
    }


def test_a_consumer_that_is_behind_is_reported_and_the_site_stays_ready(harness: Harness) -> None:
    harness.deliver()
    harness.posted()
    harness.posted()
    answer = harness.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["parts"]["worker"]["behind"]["index"] >= 2


def test_a_new_consumer_of_articles_is_reported(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULES, "diary", Schedule(kind=ChangeKind.ARTICLE))
    harness.archive.changes.acquire("diary", owner="a worker", now=harness.now, duration=timedelta(minutes=1))
    harness.posted()
    assert harness.get("/readyz").json["parts"]["worker"]["behind"] == {"diary": 1}


def test_a_worker_without_a_recent_heartbeat_is_down(harness: Harness) -> None:
    assert harness.get("/readyz").json["parts"]["worker"] == {"status": "down", "behind": {}, "seen": None}
    harness.deliver()  # as `dateline index rebuild` does without a worker
    assert harness.get("/readyz").json["parts"]["worker"]["status"] == "down"
    Heartbeat(harness.archive, clock=harness.clock).beat()
    harness.later(minutes=1)
    assert harness.get("/readyz").json["status"] == "ok"
    harness.later(seconds=1)
    answer = harness.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["parts"]["worker"]["status"] == "down"
    Heartbeat(harness.archive, clock=harness.clock).beat()
    assert harness.get("/readyz").json["status"] == "ok"


def test_without_the_index_pages_and_feeds_are_served(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.index, "status", _fail(IndexUnavailable("torn")))
    answer = harness.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["parts"]["index"] == {"status": "down", "detail": "torn"}


def test_without_the_archive_nothing_is(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.archive.changes, "head", _fail(ArchiveUnavailable("away")))
    answer = harness.get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.headers["Retry-After"]) == (503, "down", "5")


def _fail(error: Exception) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail
