"""Consumers of the log: what they are handed, and who may hand it to them."""

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
    """A consumer that writes down what it was handed."""

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


def test_everything_is_handed_over_once_and_in_order(desk: Desk) -> None:
    diary = Diary(batch=3)
    runner = desk.runner(diary)
    desk.save(7)
    assert runner.drain() == 7
    assert runner.drain() == 0
    desk.save()
    assert runner.drain() == 1
    assert diary.batches == [[1, 2, 3], [4, 5, 6], [7], [8]]
    assert diary.begins == [0]


def test_while_nothing_is_new_nothing_is_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = desk.runner(Diary())
    desk.save()
    runner.drain()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked for a lease")

    monkeypatch.setattr(desk.archive.changes, "acquire", refuse)
    assert runner.drain() == 0


def test_what_failed_is_handed_over_again(desk: Desk) -> None:
    diary = Diary()
    diary.fails = 1
    runner = desk.runner(diary)
    desk.save(2)
    with pytest.raises(RuntimeError):
        runner.drain()
    runner.restart()
    assert runner.drain() == 2
    assert (diary.batches, diary.begins) == ([[1, 2]], [0, 0])


def test_a_consumer_may_begin_earlier_than_it_stopped(desk: Desk) -> None:
    diary = Diary()
    desk.save(3)
    desk.runner(diary).drain()
    diary.begin_at = 1
    assert desk.runner(diary).drain() == 2
    assert diary.batches == [[1, 2, 3], [2, 3]]


def test_what_was_lost_meanwhile_is_handed_over_again(desk: Desk) -> None:
    diary = Diary()
    runner = desk.runner(diary)
    desk.save(2)
    runner.drain()
    diary.burnt, diary.begin_at = True, 0
    assert runner.drain() == 2
    assert diary.begins == [0, 2]


def test_one_has_the_turn_and_another_waits_until_it_ends(desk: Desk) -> None:
    diary = Diary()
    first, second = desk.runner(diary, owner="first"), desk.runner(diary, owner="second")
    desk.save()
    assert first.drain() == 1
    desk.save()
    assert second.drain() == 0
    desk.now += LEASE_DURATION + timedelta(seconds=1)
    assert second.drain() == 1
    assert diary.batches == [[1], [2]]


def test_a_worker_that_was_too_slow_moves_nothing(desk: Desk) -> None:
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


def test_a_successor_at_the_same_place_need_not_wait(desk: Desk) -> None:
    diary = Diary()
    desk.save()
    desk.runner(diary, owner="here").drain()
    desk.save()
    assert desk.runner(diary, owner="here").drain() == 1


def test_whoever_is_rewound_begins_again(desk: Desk) -> None:
    diary = Diary()
    runner = desk.runner(diary)
    desk.save(2)
    runner.drain()
    desk.archive.changes.rewind("diary")
    assert runner.drain() == 2
    assert (diary.batches, diary.begins) == ([[1, 2], [1, 2]], [0, 0])


def test_whoever_is_told_to_stop_stops_between_two_batches(desk: Desk) -> None:
    diary = Diary(batch=2)
    runner = desk.runner(diary)
    desk.save(5)
    assert runner.drain(stopping=lambda: bool(diary.batches)) == 2
    assert runner.drain() == 3
    assert diary.batches == [[1, 2], [3, 4], [5]]


def test_lines_of_another_kind_are_not_handed_over(desk: Desk) -> None:
    class Postman(Diary):
        kind = ChangeKind.RENDITION

    postman = Postman()
    desk.save(3)
    assert desk.runner(postman).drain() == 0
    assert postman.batches == []
