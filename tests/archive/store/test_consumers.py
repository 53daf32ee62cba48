"""ConsumerRunner: batches, leases, restarts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from archive.errors import LeaseLost
from archive.store.archive import Archive
from archive.store.articles import Save
from archive.store.changes import Change, ChangeKind, Lease
from archive.store.consumers import LEASE_DURATION, ConsumerRunner
from tests.support.builders import NOON, an_article


class Diary:
    """A consumer that records the changes it was given."""

    kind = ChangeKind.ARTICLE
    name = "diary"

    def __init__(self, batch: int = 100) -> None:
        self.batch = batch
        self.batches: list[list[int]] = []
        self.begins: list[int] = []
        self.begin_at: int | None = None
        self.fails = 0
        self.burnt = False

    def start(self, lease: Lease) -> int:
        self.begins.append(lease.position)
        return lease.position if self.begin_at is None else self.begin_at

    def lost(self, position: int) -> bool:
        return self.burnt

    def apply(self, changes: Sequence[Change], lease: Lease) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("ink is out")
        self.batches.append([change.seq for change in changes])


class Desk:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.now = NOON

    def save(self, number: int = 1) -> None:
        for _ in range(number):
            self.archive.articles.save(Save(article=an_article(), expected_revision=0))

    def runner(self, consumer: Diary, *, owner: str = "here") -> ConsumerRunner:
        return ConsumerRunner(self.archive, consumer, owner=owner, clock=lambda: self.now)


@pytest.fixture
def desk(archive: Archive) -> Desk:
    return Desk(archive)


def test_every_change_is_applied_once_and_in_order(desk: Desk) -> None:
    diary = Diary(batch=3)
    runner = desk.runner(diary)
    desk.save(7)
    assert runner.drain() == 7
    assert runner.drain() == 0
    desk.save()
    assert runner.drain() == 1
    assert diary.batches == [[1, 2, 3], [4, 5, 6], [7], [8]]
    assert diary.begins == [0]


def test_a_drain_without_new_changes_acquires_no_lease(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = desk.runner(Diary())
    desk.save()
    runner.drain()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked for a lease")

    monkeypatch.setattr(desk.archive.changes, "acquire", refuse)
    assert runner.drain() == 0


def test_failed_changes_are_applied_again(desk: Desk) -> None:
    diary = Diary()
    diary.fails = 1
    runner = desk.runner(diary)
    desk.save(2)
    with pytest.raises(RuntimeError):
        runner.drain()
    runner.restart()
    assert runner.drain() == 2
    assert (diary.batches, diary.begins) == ([[1, 2]], [0, 0])


def test_a_consumer_may_start_before_its_cursor(desk: Desk) -> None:
    diary = Diary()
    desk.save(3)
    desk.runner(diary).drain()
    diary.begin_at = 1
    assert desk.runner(diary).drain() == 2
    assert diary.batches == [[1, 2, 3], [2, 3]]


def test_changes_with_lost_results_are_applied_again(desk: Desk) -> None:
    diary = Diary()
    runner = desk.runner(diary)
    desk.save(2)
    runner.drain()
    diary.burnt, diary.begin_at = True, 0
    assert runner.drain() == 2
    assert diary.begins == [0, 2]


def test_a_second_worker_waits_until_the_lease_ends(desk: Desk) -> None:
    diary = Diary()
    first, second = desk.runner(diary, owner="first"), desk.runner(diary, owner="second")
    desk.save()
    assert first.drain() == 1
    desk.save()
    assert second.drain() == 0
    desk.now += LEASE_DURATION + timedelta(seconds=1)
    assert second.drain() == 1
    assert diary.batches == [[1], [2]]


def test_a_worker_with_an_expired_lease_cannot_move_the_cursor(desk: Desk) -> None:
    class Sleepy(Diary):
        def apply(self, changes: Sequence[Change], lease: Lease) -> None:
            super().apply(changes, lease)
            if len(self.batches) == 1:
                desk.now += LEASE_DURATION + timedelta(seconds=1)
                assert second.drain() == 4

    sleepy, quick = Sleepy(batch=2), Diary()
    first, second = desk.runner(sleepy, owner="first"), desk.runner(quick, owner="second")
    desk.save(4)
    with pytest.raises(LeaseLost):
        first.drain()
    assert desk.archive.changes.cursor("diary").position == 4  # type: ignore[union-attr]
    assert (sleepy.batches, quick.batches) == ([[1, 2]], [[1, 2, 3, 4]])
    first.restart()
    assert first.drain() == 0


def test_a_successor_with_the_same_name_need_not_wait(desk: Desk) -> None:
    diary = Diary()
    desk.save()
    desk.runner(diary, owner="here").drain()
    desk.save()
    assert desk.runner(diary, owner="here").drain() == 1


def test_a_rewound_consumer_starts_again(desk: Desk) -> None:
    diary = Diary()
    runner = desk.runner(diary)
    desk.save(2)
    runner.drain()
    desk.archive.changes.rewind("diary")
    assert runner.drain() == 2
    assert (diary.batches, diary.begins) == ([[1, 2], [1, 2]], [0, 0])


def test_a_drain_can_be_stopped_between_two_batches(desk: Desk) -> None:
    diary = Diary(batch=2)
    runner = desk.runner(diary)
    desk.save(5)
    assert runner.drain(stopping=lambda: bool(diary.batches)) == 2
    assert runner.drain() == 3
    assert diary.batches == [[1, 2], [3, 4], [5]]


def test_changes_of_another_kind_are_not_applied(desk: Desk) -> None:
    class Postman(Diary):
        kind = ChangeKind.RENDITION

    postman = Postman()
    desk.save(3)
    assert desk.runner(postman).drain() == 0
    assert postman.batches == []
