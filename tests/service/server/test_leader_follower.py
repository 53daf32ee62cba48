"""One thread waits for requests, and another one as soon as that has something to do that takes time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from service.server.leader_follower import LEAD_TIMEOUT, LeaderFollower, lead_and_follow
from tests.support.running import wait_for


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Follower:
    """A thread that does one thing after another, as a test says."""

    def __init__(self) -> None:
        self._todo: Queue[tuple[Callable[[], None], Event] | None] = Queue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def __call__(self, do: Callable[[], None]) -> Event:
        done = Event()
        self._todo.put((do, done))
        return done

    def end(self) -> None:
        self._todo.put(None)
        self._thread.join(10)

    def _work(self) -> None:
        while (task := self._todo.get()) is not None:
            task[0]()
            task[1].set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lead(clock: Clock) -> LeaderFollower:
    return LeaderFollower(ticks=clock)


@pytest.fixture
def threads() -> Iterator[tuple[Follower, Follower]]:
    both = Follower(), Follower()
    yield both
    for one in both:
        one.end()


def test_the_leader_goes_on_at_once_and_others_rest(lead: LeaderFollower, threads: tuple[Follower, Follower]) -> None:
    leader, other = threads
    assert leader(lead.lead_or_wait).wait(10)
    rests = other(lead.lead_or_wait)
    for _ in range(100):
        assert leader(lead.lead_or_wait).wait(10)
    assert not rests.is_set()
    leader(lead.step_down)
    assert rests.wait(10)


def test_who_comes_back_from_something_slow_rests_while_another_leads(
    lead: LeaderFollower, threads: tuple[Follower, Follower]
) -> None:
    first, second = threads
    for do in (lead.lead_or_wait, lead.step_down):
        assert first(do).wait(10)
    assert second(lead.lead_or_wait).wait(10)
    rests = first(lead.lead_or_wait)
    assert not rests.wait(0.05)
    assert second(lead.step_down).wait(10)
    assert rests.wait(10)


def test_a_leader_that_was_not_seen_for_long_is_not_relied_on(
    lead: LeaderFollower, clock: Clock, threads: tuple[Follower, Follower]
) -> None:
    ended, other = threads
    assert ended(lead.lead_or_wait).wait(10)
    clock.now += LEAD_TIMEOUT
    assert other(lead.lead_or_wait).wait(10)
    rests = ended(lead.lead_or_wait)
    assert not rests.wait(0.01)
    assert other(lead.step_down).wait(10)
    assert rests.wait(10)


def test_nobody_rests_for_ever(lead: LeaderFollower, threads: tuple[Follower, Follower]) -> None:
    leader, other = threads
    assert leader(lead.lead_or_wait).wait(10)
    assert other(lead.lead_or_wait).wait(10)  # after LEAD_TIMEOUT, though the leader said nothing


class Asked:
    """An application, and where Granian would send its answer."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.goes_on = Event()

    def answer_from_memory(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes] | None:
        return ("200 OK", [], b"/quick") if environ["PATH_INFO"] == "/quick" else None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.goes_on.wait(10)
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode()]

    def response_bytes(self, status: int, headers: object, body: bytes) -> None:
        self.answers.append((status, body))


def test_while_one_is_slow_another_thread_answers_what_is_quick(threads: tuple[Follower, Follower]) -> None:
    asked = Asked()
    answer = lead_and_follow(asked, {})
    first, second = threads
    assert first(lambda: answer(asked, {"PATH_INFO": "/quick"})).wait(10)
    rests = second(lambda: answer(asked, {"PATH_INFO": "/quick"}))
    wait_for("it is answered", lambda: len(asked.answers) == 2)
    slow = first(lambda: answer(asked, {"PATH_INFO": "/slow"}))
    assert rests.wait(10)
    assert second(lambda: answer(asked, {"PATH_INFO": "/quick"})).wait(10)
    assert not slow.is_set()
    asked.goes_on.set()
    wait_for("the slow one is answered", lambda: (200, b"/slow") in asked.answers)
