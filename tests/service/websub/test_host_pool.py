"""The pool of threads: bounded in total, bounded for each host, and fair."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.websub.host_pool import HostLimitedPool

PATIENCE = 20.0  # seconds: a deadline for a busy machine


class Crowd:
    """Tasks that block until released; counts how many ran at the same time."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.lock = threading.Lock()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_in_all = 0
        self.order: list[str] = []
        self.done = threading.Semaphore(0)

    def task(self, host: str) -> Callable[[], None]:
        def run() -> None:
            with self.lock:
                self.order.append(host)
                self.now[host] += 1
                self.most[host] = max(self.most[host], self.now[host])
                self.most_in_all = max(self.most_in_all, self.now.total())
            self.gate.wait(PATIENCE)
            with self.lock:
                self.now[host] -= 1

        return run

    def wait_for(self, number: int) -> None:
        for _ in range(number):
            assert self.done.acquire(timeout=PATIENCE)


@contextmanager
def a_pool(
    crowd: Crowd,
    *,
    threads: int = 4,
    max_running_per_host: int = 2,
    max_tasks: int = 100,
    max_tasks_per_host: int = 100,
) -> Iterator[HostLimitedPool[Callable[[], None]]]:
    pool = HostLimitedPool[Callable[[], None]](
        "test",
        threads=threads,
        max_running_per_host=max_running_per_host,
        max_tasks=max_tasks,
        max_tasks_per_host=max_tasks_per_host,
        on_done=crowd.done.release,
    )
    try:
        yield pool
    finally:
        crowd.gate.set()
        pool.close()


def test_a_host_has_its_share_of_the_threads_and_no_more() -> None:
    crowd = Crowd()
    with a_pool(crowd) as pool:
        for host in ["a"] * 10 + ["b"] * 10 + ["c"] * 10:
            assert pool.add(host, crowd.task(host))
        crowd.gate.set()
        crowd.wait_for(30)
        assert crowd.most_in_all <= 4
        assert max(crowd.most.values()) <= 2
        assert len(pool) == 0


def test_one_host_that_stands_still_does_not_hold_up_others() -> None:
    still, moving = Crowd(), Crowd()
    moving.gate.set()
    with a_pool(still) as pool:
        for _ in range(10):
            pool.add("still", still.task("still"))
        for number in range(10):
            pool.add(f"moving {number}", moving.task("moving"))
        still.wait_for(10)  # ten tasks of the other hosts are done
        assert len(moving.order) == 10
        assert len(still.order) == 2


def test_the_pool_refuses_tasks_when_it_is_full() -> None:
    crowd = Crowd()
    with a_pool(crowd, max_tasks=3) as pool:
        assert [pool.add("a", crowd.task("a")) for _ in range(5)] == [True, True, True, False, False]
        assert (len(pool), pool.free()) == (3, 0)
        crowd.gate.set()
        crowd.wait_for(3)
        assert pool.free() == 3


def test_a_host_has_its_share_of_the_room_and_no_more() -> None:
    crowd = Crowd()
    with a_pool(crowd, max_tasks_per_host=3) as pool:
        assert [pool.add("a", crowd.task("a")) for _ in range(5)] == [True, True, True, False, False]
        assert pool.add("b", crowd.task("b"))


def test_what_waits_for_a_host_can_be_taken_out() -> None:
    crowd = Crowd()
    with a_pool(crowd) as pool:
        tasks = [crowd.task("a") for _ in range(5)]
        for task in (*tasks, crowd.task("b")):
            pool.add("b" if task not in tasks else "a", task)
        assert pool.take_out("a") == tasks[2:]
        assert (pool.take_out("a"), pool.take_out("c"), len(pool)) == ([], [], 3)
        crowd.gate.set()
        crowd.wait_for(3)
        assert sorted(crowd.order) == ["a", "a", "b"]


def test_hosts_with_as_much_waiting_as_they_may_run_are_full() -> None:
    crowd = Crowd()
    with a_pool(crowd) as pool:
        for host in ["a"] * 3 + ["b"] * 4:
            pool.add(host, crowd.task(host))
        assert pool.full_hosts() == {"b"}


def test_waiting_tasks_can_be_dropped() -> None:
    crowd = Crowd()
    with a_pool(crowd) as pool:
        for _ in range(10):
            pool.add("a", crowd.task("a"))
        pool.clear()
        assert len(pool) == 2
        crowd.gate.set()
        crowd.wait_for(2)
        assert len(crowd.order) == 2


def test_a_task_that_fails_takes_nothing_with_it(caplog: object) -> None:
    crowd = Crowd()
    crowd.gate.set()

    def fail() -> None:
        raise RuntimeError("a defect")

    with a_pool(crowd) as pool:
        pool.add("a", fail)
        pool.add("a", crowd.task("a"))
        crowd.wait_for(2)
        assert (len(pool), crowd.order) == (0, ["a"])
