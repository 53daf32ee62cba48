"""The wakeup: other processes wake the worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.wakeup import MAX_READ_BYTES, Wakeup

WAIT_TIMEOUT = 5.0  # seconds; a deadline, not the time waited


@pytest.fixture
def wakeup(tmp_path: Path) -> Iterator[Wakeup]:
    wakeup = Wakeup(tmp_path / "bell")
    yield wakeup
    wakeup.close()


def test_a_notification_wakes_the_listener(wakeup: Wakeup) -> None:
    wakeup.listen()
    notifying = threading.Timer(0.05, Wakeup(wakeup.path).notify)
    notifying.start()
    assert wakeup.wait(WAIT_TIMEOUT)
    notifying.join()


def test_many_notifications_count_as_one(wakeup: Wakeup) -> None:
    wakeup.listen()
    for _ in range(MAX_READ_BYTES // 100):
        Wakeup(wakeup.path).notify()
    assert wakeup.wait(0)
    assert not wakeup.wait(0)


def test_notify_does_not_block_when_the_pipe_is_full(wakeup: Wakeup) -> None:
    wakeup.listen()
    began = time.monotonic()
    for _ in range(MAX_READ_BYTES + 10):
        wakeup.notify()
    assert time.monotonic() - began < 60
    assert wakeup.wait(0)


def test_notify_without_a_listener_does_nothing(wakeup: Wakeup) -> None:
    wakeup.notify()
    wakeup.listen()
    wakeup.close()
    wakeup.notify()
    wakeup.listen()
    assert not wakeup.wait(0)


def test_notify_logs_what_it_cannot_open_and_does_not_raise(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Wakeup(tmp_path).notify()  # a folder
    assert [record.getMessage() for record in caplog.records] == [f"cannot notify {tmp_path}: Is a directory"]


def test_waiting_without_listening_is_an_error(wakeup: Wakeup) -> None:
    with pytest.raises(RuntimeError):
        wakeup.wait(0)
