"""Claims due verifications and deliveries from the archive, and calls the subscribers' callbacks in threads."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any, Final

from archive.errors import DatelineError
from archive.site import Site
from archive.store.archive import Archive
from archive.store.intents import Intent
from archive.store.subscriptions import Subscription
from service.outbound.client import Client
from service.websub.callbacks import CallbackCaller
from service.websub.document_cache import DocumentCache
from service.websub.host_pool import HostLimitedPool
from service.websub.results import ResultBuffer
from service.websub.slow_hosts import SlowHosts

log = logging.getLogger(__name__)

THREADS: Final = 32
SLOW_THREADS: Final = 8
MAX_PER_HOST: Final = 6  # concurrent calls to a host, and while it is slow:
SLOW_MAX_PER_HOST: Final = 2  # in addition to the six under way when the host became slow: eight
CLAIM_SIZE: Final = 64  # tasks of one claim, all of which may be for one host
MAX_TASKS: Final = 512  # waiting and running; silent hosts run out of threads before they fill it
MAX_TASKS_PER_HOST: Final = CLAIM_SIZE + 2 * MAX_PER_HOST  # a claim is added to what runs and a little that waits
SLOW_MAX_TASKS: Final = 64
SLOW_MAX_TASKS_PER_HOST: Final = 16  # two at a time, 15 s each: done before the claim expires
CLAIM_DURATION: Final = timedelta(minutes=5)  # longer than any claimed task takes
POSTPONE_DELAY: Final = timedelta(seconds=30)
STORE_INTERVAL: Final = 0.1  # seconds between two transactions that store results


class CallbackDispatcher:
    """Verifies intents, and delivers the newest bytes of a topic once to each subscriber.

    Due work is stored in the archive and claimed in batches. If a worker dies, its claims expire and the work is due
    again. Hosts that answer slowly or not at all have a pool of threads of their own, so that they delay only
    each other; tasks that wait for a host move there when it becomes slow."""

    def __init__(
        self,
        archive: Archive,
        site: Site,
        client: Client,
        *,
        owner: str,
        clock: Callable[[], datetime],
        stopping: Event,
        algorithm: str = "sha256",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.subscriptions = archive.subscriptions
        self.intents = archive.intents
        self.client = client
        self.owner = owner
        self.clock = clock
        self.stopping = stopping
        self._wake = Event()
        self._lock = Lock()
        self._running = False
        self._rerun = False
        self._released = False
        self._documents = DocumentCache(archive)
        self._results = ResultBuffer()
        self._slow_hosts = SlowHosts(ticks)
        self._to_reroute: list[_Task] = []
        self._caller = CallbackCaller(
            archive,
            site,
            client,
            self._documents,
            clock=clock,
            ticks=ticks,
            stopping=stopping,
            algorithm=algorithm,
            add_result=self._results.add,
            on_new_work=self._request_claim,
            on_slow=self._became_slow,
        )
        self._quick_pool = HostLimitedPool[_Task](
            "push",
            threads=THREADS,
            max_running_per_host=MAX_PER_HOST,
            max_tasks=MAX_TASKS,
            max_tasks_per_host=MAX_TASKS_PER_HOST,
            on_done=self._call_done,
        )
        self._slow_pool = HostLimitedPool[_Task](
            "push-slow",
            threads=SLOW_THREADS,
            max_running_per_host=SLOW_MAX_PER_HOST,
            max_tasks=SLOW_MAX_TASKS,
            max_tasks_per_host=SLOW_MAX_TASKS_PER_HOST,
            on_done=self._call_done,
        )

    def request_rerun(self) -> bool:
        """Ask a run under way to look once more; False if there is none."""
        with self._lock:
            self._rerun = self._running
        self._wake.set()
        return self._rerun

    def run(self) -> None:
        """Run until nothing is due and no call is under way."""
        with self._lock:
            self._running, self._rerun = True, False
        try:
            self._run()
        finally:
            with self._lock:
                self._running = False

    def close(self) -> None:
        """Cut the calls under way; they are due again when the next worker begins."""
        self.stopping.set()
        for pool in (self._quick_pool, self._slow_pool):
            pool.clear()
        self.client.abort()
        for pool in (self._quick_pool, self._slow_pool):
            pool.close()
        self._store_results()

    def _run(self) -> None:
        if not self._released:
            self.subscriptions.release(self.owner, now=self.clock())
            self.intents.release(self.owner, now=self.clock())
            self._released = True
        try:
            while not self.stopping.is_set():
                self._wake.clear()
                self._reroute()
                claimed = self._claim()
                if self._store_results() or claimed:
                    continue
                with self._lock:
                    if not self._rerun and not self._is_busy():
                        self._running = False
                        return
                    self._rerun = False
                self._wake.wait(STORE_INTERVAL)
        finally:
            self._documents.clear()
            self._store_results()

    def _is_busy(self) -> bool:
        return bool(len(self._quick_pool) or len(self._slow_pool) or self._to_reroute or self._results)

    def _call_done(self) -> None:
        if self._quick_pool.free() >= CLAIM_SIZE:
            self._wake.set()

    def _claim(self) -> int:
        """Claim as much as the pool has room for. Returns the number of tasks."""
        if self._quick_pool.free() < CLAIM_SIZE:
            return 0
        now = self.clock()
        intents = self.intents.claim(
            self.owner, now=now, duration=CLAIM_DURATION, limit=CLAIM_SIZE, except_hosts=self._full_hosts()
        )
        self._add([_Task(one.host, one, self._caller.verify, retried=one.attempts > 0) for one in intents])
        due = self.subscriptions.claim(
            self.owner, now=now, duration=CLAIM_DURATION, limit=CLAIM_SIZE, except_hosts=self._full_hosts()
        )
        self._add([_Task(one.host, one, self._caller.deliver, retried=one.failures > 0) for one in due])
        return len(intents) + len(due)

    def _full_hosts(self) -> set[str]:
        """Hosts for which no more tasks are claimed for now."""
        slow = {host for host in self._slow_pool.full_hosts() if host in self._slow_hosts}
        return self._quick_pool.full_hosts() | slow

    def _add(self, tasks: Sequence[_Task]) -> None:
        """Add tasks to their pools. Those for which there is no room are due again after POSTPONE_DELAY."""
        refused = [task.subject for task in tasks if not self._pool(task).add(task.host, task)]
        intents = [one.id for one in refused if isinstance(one, Intent)]
        deliveries = [one.id for one in refused if isinstance(one, Subscription)]
        due = self.clock() + POSTPONE_DELAY
        if intents:
            self.intents.postpone(intents, due=due)
        if deliveries:
            self.subscriptions.postpone(deliveries, due=due)

    def _pool(self, task: _Task) -> HostLimitedPool[_Task]:
        return self._slow_pool if task.retried or task.host in self._slow_hosts else self._quick_pool

    def _reroute(self) -> None:
        """Tasks that waited for a host when it became slow go to the slow pool, or are due again later."""
        with self._lock:
            tasks, self._to_reroute = self._to_reroute, []
        self._add(tasks)

    def _store_results(self) -> int:
        """Store the results of deliveries. Returns their number. Raises DatelineError, and keeps the results, on failure."""
        delivered, failed = self._results.take()
        if delivered or failed:
            try:
                self.subscriptions.record_results(delivered=delivered, failed=failed, now=self.clock())
            except DatelineError:
                self._results.put_back(delivered, failed)
                raise
            log.info("delivered to %d subscribers; %d deliveries failed", len(delivered), len(failed))
        return len(delivered) + len(failed)

    def _request_claim(self) -> None:
        """There is new work to claim. Called by a running task, so that the dispatcher cannot end before it sees this."""
        with self._lock:
            self._rerun = True

    def _became_slow(self, host: str) -> None:
        self._slow_hosts.add(host)
        with self._lock:
            self._to_reroute += self._quick_pool.take_out(host)


@dataclass(frozen=True, slots=True)
class _Task:
    """One call of a callback. `retried`: an earlier attempt failed."""

    host: str
    subject: Intent | Subscription
    do: Callable[[Any], None]
    retried: bool

    def __call__(self) -> None:
        self.do(self.subject)
