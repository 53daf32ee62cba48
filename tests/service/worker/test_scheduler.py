"""The worker: wakeups, the folder lock, and errors of jobs."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.article import Article, Status
from archive.errors import ArchiveUnavailable
from archive.store.archive import Archive
from service.heartbeat import last_seen
from service.worker import drain_job, folder_lock, scheduler
from service.worker.folder_lock import only_worker
from service.worker.scheduler import Worker
from tests.support.builders import NOON
from tests.support.harness import Harness, open_harness

PATIENCE = 30.0  # seconds: a deadline for a busy machine


@contextmanager
def at_work(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def found(harness: Harness, words: str) -> int:
    answer = harness.get(f"/api/search?q={words}")
    return int(answer.json["total"]) if answer.status_code == 200 else 0


def poll_every(worker: Worker, interval: timedelta) -> None:
    """Set the interval of every job, also of those that run at a wakeup."""
    for job in worker.jobs.values():
        if job.on_wakeup:
            job.interval = interval


@pytest.fixture
def harness(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    """An office whose publisher wakes the worker."""
    with open_harness(archive, tmp_path) as harness:
        harness.dateline.publisher.notify = harness.dateline.wakeup.notify
        yield harness


def test_a_change_wakes_the_worker(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    poll_every(harness.worker, timedelta(hours=1))
    with at_work(harness.worker):
        until(lambda: harness.archive.renditions.get("/feed.json"))
        harness.posted(title="Wheat")
        until(lambda: found(harness, "wheat") == 1)
        until(lambda: "Wheat" in harness.get("/feed.json").text)


def test_the_worker_says_at_its_start_which_database_it_has(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with at_work(harness.worker):
        until(lambda: f"the archive is in SQLite {sqlite3.sqlite_version}" in caplog.text)


def test_the_worker_finds_changes_without_a_wakeup(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    poll_every(harness.worker, timedelta(seconds=0.05))
    harness.dateline.publisher.notify = lambda: None
    with at_work(harness.worker):
        harness.posted(title="Wheat")
        until(lambda: found(harness, "wheat") == 1)


def test_after_many_changes_an_idle_worker_ends_for_a_restart(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "RESTART_IDLE_TIME", timedelta(seconds=0.1))
    ended: list[bool] = []

    def work() -> None:
        harness.worker.run()
        ended.append(harness.worker.restarts)

    thread = threading.Thread(target=work)
    thread.start()
    harness.posted(title="Wheat")
    until(lambda: found(harness, "wheat") == 1)
    thread.join(0.5)
    assert not ended  # it has handled few changes
    monkeypatch.setattr(scheduler, "RESTART_THRESHOLD", 1)
    until(lambda: ended)
    assert ended == [True]


def test_a_worker_that_was_stopped_does_not_restart(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "RESTART_THRESHOLD", 0)
    monkeypatch.setattr(scheduler, "RESTART_IDLE_TIME", timedelta(hours=1))
    ended: list[bool] = []

    def work() -> None:
        harness.worker.run()
        ended.append(harness.worker.restarts)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: harness.archive.changes.cursor("index"))
    harness.worker.stop()
    thread.join(PATIENCE)
    assert ended == [False]


def test_what_is_scheduled_is_released_when_the_clock_says_so(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.worker.jobs["release"].interval = timedelta(seconds=0.05)
    article = harness.posted(title="Wheat", published="2026-03-14T13:00:00Z")
    with at_work(harness.worker):
        until(lambda: harness.archive.changes.cursor("feeds"))
        assert harness.archive.articles.get(article["id"]).status is Status.SCHEDULED
        harness.later(hours=1)
        until(lambda: found(harness, "wheat") == 1)
        until(lambda: "Wheat" in harness.get("/feed.json").text)


def test_a_worker_that_releases_gives_signs_of_life_now_and_then(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.worker.jobs["release"].interval = timedelta(seconds=0.05)
    released: list[datetime] = []
    monkeypatch.setattr(harness.dateline.publisher, "release_due", lambda: released.append(harness.now))
    with at_work(harness.worker):
        until(lambda: last_seen(harness.archive) == NOON)
        harness.later(seconds=14)
        count = len(released)
        until(lambda: len(released) > count + 1)
        assert last_seen(harness.archive) == NOON
        harness.later(seconds=1)
        until(lambda: last_seen(harness.archive) == harness.now)


def test_a_second_worker_stands_by_and_takes_over(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_lock, "STANDBY_INTERVAL", 0.02)
    second = Worker(harness.dateline)
    with at_work(second):
        # The first worker has the lock; the second one waits.
        until(lambda: harness.archive.changes.cursor("index"))
        assert not harness.worker.run_once()
        with at_work(harness.worker):
            harness.posted(title="Wheat")
            until(lambda: found(harness, "wheat") == 1)
            second.stop()
            until(lambda: not _is_held(harness))
            harness.posted(title="Rye")
            until(lambda: found(harness, "rye") == 1)


def _is_held(harness: Harness) -> bool:
    """Whether a worker holds the lock of the folder: it then listens for wakeups."""
    return harness.dateline.wakeup._listening is None


def test_a_standby_worker_stops_when_it_is_told_to(harness: Harness) -> None:
    data = harness.dateline.settings.data
    never, at_once = threading.Event(), threading.Event()
    at_once.set()
    with only_worker(data, never) as first, only_worker(data, at_once) as second:
        assert (first, second) == (True, False)


def test_two_that_start_at_once_have_one_name(harness: Harness) -> None:
    workers = [Worker(harness.dateline) for _ in range(3)]
    assert len({worker.owner for worker in workers}) == 1


def test_a_job_that_fails_is_tried_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    poll_every(harness.worker, timedelta(seconds=0.05))
    apply = harness.index.apply
    troubles = iter([ArchiveUnavailable("away for a moment"), RuntimeError("a defect")])

    def fail_twice(articles: Sequence[Article], *, position: int) -> None:
        if (trouble := next(troubles, None)) is not None:
            raise trouble
        apply(articles, position=position)

    monkeypatch.setattr(harness.index, "apply", fail_twice)
    harness.posted(title="Wheat")
    with at_work(harness.worker):
        until(lambda: found(harness, "wheat") == 1)
    told = [
        record.getMessage()
        for record in caplog.records
        if record.name == drain_job.__name__ and record.levelname == "ERROR"
    ]
    assert told == ["index waits: away for a moment", "index failed; trying again"]


def test_a_clock_that_fails_to_release_does_not_stop(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    harness.worker.jobs["release"].interval = timedelta(seconds=0.05)
    due = harness.archive.articles.due
    troubles = iter([ArchiveUnavailable("away for a moment")])

    def fail_once(now: datetime) -> object:
        if (trouble := next(troubles, None)) is not None:
            raise trouble
        return due(now)

    monkeypatch.setattr(harness.archive.articles, "due", fail_once)
    harness.posted(title="Wheat", published="2026-03-14T12:30:00Z")
    harness.now = datetime(2026, 3, 14, 13, tzinfo=UTC) + timedelta(0)
    with at_work(harness.worker):
        until(lambda: found(harness, "wheat") == 1)
    assert "release waits: away for a moment" in caplog.text
