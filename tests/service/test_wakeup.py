"""The bell between processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.wakeup import FULL, Bell

PROMPTLY = 5.0  # seconds; a deadline, and not what is waited


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    bell = Bell(tmp_path / "bell")
    yield bell
    bell.close()


def test_a_ring_wakes_who_listens(bell: Bell) -> None:
    bell.listen()
    ringing = threading.Timer(0.05, Bell(bell.path).ring)
    ringing.start()
    assert bell.wait(PROMPTLY)
    ringing.join()


def test_many_rings_are_one(bell: Bell) -> None:
    bell.listen()
    for _ in range(FULL // 100):
        Bell(bell.path).ring()
    assert bell.wait(0)
    assert not bell.wait(0)


def test_a_bell_that_is_full_holds_nobody_up(bell: Bell) -> None:
    bell.listen()
    began = time.monotonic()
    for _ in range(FULL + 10):
        bell.ring()
    assert time.monotonic() - began < 60
    assert bell.wait(0)


def test_where_nobody_listens_nothing_happens(bell: Bell) -> None:
    bell.ring()
    bell.listen()
    bell.close()
    bell.ring()
    bell.listen()
    assert not bell.wait(0)


def test_a_bell_that_cannot_be_rung_is_no_reason_to_fail(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Bell(tmp_path).ring()  # a folder
    assert [record.getMessage() for record in caplog.records] == [f"cannot ring {tmp_path}: Is a directory"]


def test_who_does_not_listen_cannot_wait(bell: Bell) -> None:
    with pytest.raises(RuntimeError):
        bell.wait(0)
