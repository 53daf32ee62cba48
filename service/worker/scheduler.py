"""The worker: APScheduler runs consumers and jobs at their intervals, and after a wakeup."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from archive.store.changes import ChangeKind
from archive.store.consumers import ConsumerRunner
from service.dateline import Dateline, now
from service.worker.consumers.registry import build_consumers
from service.worker.drain_job import CallsOut, DrainJob
from service.worker.folder_lock import STANDBY_INTERVAL, lease_owner, only_worker
from service.worker.jobs import JOBS, ScheduledJob, WorkerContext

log = logging.getLogger(__name__)

MAX_THREADS: Final = 10  # jobs that run at the same time
# Restart after this many changes, once idle this long: the heap is too fragmented to return (60 of 146 MB after
# 21,578 articles).
RESTART_THRESHOLD = 10_000  # changes of articles
RESTART_IDLE_TIME = timedelta(seconds=30)


class Worker:
    """Runs consumers and jobs until `stop()`, or until it needs a restart. One worker is active on a data folder,
    others stand by.

    Jobs are code and their state is in the database, so that a kill at any time loses and doubles nothing. The
    failure of a job is logged, and the job is tried again at its next time."""

    def __init__(self, dateline: Dateline) -> None:
        self.dateline = dateline
        self.stopping = threading.Event()
        self._stop_requested = False
        self.owner = lease_owner(dateline.settings.lease_owner_file)
        self.drains: list[DrainJob] = []
        self.jobs: dict[str, ScheduledJob] = {}
        for entry, consumer in build_consumers(dateline):
            drain = DrainJob(
                ConsumerRunner(dateline.archive, consumer, owner=self.owner, clock=dateline.clock),
                self.stopping,
                on_progress=dateline.wakeup.notify,
                backoff=entry.backoff,
            )
            self.drains.append(drain)
            self.jobs[drain.name] = ScheduledJob(
                drain.name, drain, interval=entry.interval, at_start=True, on_wakeup=entry.on_wakeup
            )
        context = WorkerContext(dateline, self.owner, self.stopping)
        for name, job in JOBS.items():
            self.jobs[name] = ScheduledJob(
                name, job.build(context), interval=job.interval, at_start=job.at_start, on_wakeup=job.on_wakeup
            )

    def run(self) -> None:
        """Take the lock of the folder, then run jobs and wait for wakeups, until `stop()` or until a restart is due."""
        with only_worker(self.dateline.settings.data, self.stopping) as is_active:
            if not is_active:
                return
            database = self.dateline.archive.version()
            self.dateline.wakeup.listen()
            scheduler = self._start_scheduler()
            log.info("worker is ready; the archive is in %s", database)
            try:
                while not (self.stopping.is_set() or self._needs_restart()):
                    if self.dateline.wakeup.wait(STANDBY_INTERVAL):
                        self._run_woken(scheduler)
            finally:
                self._shut_down(scheduler)
        log.info("worker has stopped")

    @property
    def restarts(self) -> bool:
        """After `run`: whether it ended by itself, so that a new worker should start in a fresh process."""
        return not self._stop_requested

    def stop(self) -> None:
        self._stop_requested = True
        self.stopping.set()

    def run_once(self) -> bool:
        """Bring everything up to date, without calls to other hosts. Returns False if another worker is active.

        Raises the first error of a consumer or job, which `run` would log."""
        stopping = threading.Event()
        stopping.set()
        with only_worker(self.dateline.settings.data, stopping) as is_active:
            if is_active:
                for drain in self.drains:
                    if not isinstance(drain.runner.consumer, CallsOut):
                        drain.runner.drain()
                for name, entry in JOBS.items():
                    if entry.in_commands:
                        self.jobs[name].job.run()
        return is_active

    def _start_scheduler(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max_workers=MAX_THREADS)},
            # Missed runs are made up for by one run, however late. No job runs twice at the same time.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for name, job in self.jobs.items():
            first = {"next_run_time": now()} if job.at_start else {}
            scheduler.add_job(job.run, "interval", seconds=job.interval.total_seconds(), id=name, **first)
        scheduler.start()
        return scheduler

    def _run_woken(self, scheduler: BackgroundScheduler) -> None:
        for name, scheduled in self.jobs.items():
            # A run under way checks once more before it ends.
            if scheduled.on_wakeup and not scheduled.job.request_rerun():
                scheduler.modify_job(name, next_run_time=now())

    def _needs_restart(self) -> bool:
        handled = max(each.changes_handled for each in self.drains if each.runner.consumer.kind is ChangeKind.ARTICLE)
        if handled < RESTART_THRESHOLD or any(job.running for job in self.jobs.values()):
            return False
        return all(drain.idle_time() >= RESTART_IDLE_TIME for drain in self.drains)

    def _shut_down(self, scheduler: BackgroundScheduler) -> None:
        self.stopping.set()
        for drain in self.drains:
            drain.abort()
        scheduler.shutdown(wait=True)
        for scheduled in self.jobs.values():
            scheduled.job.close()
        self.dateline.wakeup.close()
