"""The jobs of a worker other than the consumers. A new job is one function and one line here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Final, Protocol

from archive.errors import DatelineError
from service.dateline import Dateline
from service.heartbeat import Heartbeat
from service.outbound.address_guard import AddressGuard
from service.outbound.client import Client
from service.process.memory import release_memory
from service.syndication.sitemaps import NewsSitemap
from service.websub.dispatcher import CallbackDispatcher

log = logging.getLogger(__name__)


class Job(Protocol):
    """A job of the scheduler: it runs at intervals, one run at a time."""

    def run(self) -> None: ...

    def request_rerun(self) -> bool:
        """Make a run under way check for work once more. Returns False if none is under way: the caller starts one."""

    def close(self) -> None:
        """Called after the last run."""


class FunctionJob:
    """Runs a function that has no state between its runs."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.function = function

    def run(self) -> None:
        self.function()

    def request_rerun(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a job gets from its worker. `owner`: the name under which the worker holds leases."""

    dateline: Dateline
    owner: str
    stopping: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEntry:
    """When a job runs: at every `interval`, and with `at_start` and `on_wakeup` also at these events.

    `in_commands`: also in `Worker.run_once`, by which CLI commands bring everything up to date."""

    build: Callable[[WorkerContext], Job]
    interval: timedelta
    at_start: bool = False
    on_wakeup: bool = False
    in_commands: bool = False


def release_job(context: WorkerContext) -> Job:
    """Publishes scheduled articles, then beats: the heartbeat shows that a worker releases articles."""
    publisher = context.dateline.publisher
    heartbeat = Heartbeat(context.dateline.archive, clock=context.dateline.clock)

    def release() -> None:
        publisher.release_due()
        heartbeat.beat()

    return FunctionJob(release)


def tidy_job(context: WorkerContext) -> Job:
    """Deletes rows of the archive that have expired."""
    archive, clock = context.dateline.archive, context.dateline.clock
    return FunctionJob(lambda: archive.tidy(now=clock()))


def tidy_index_job(context: WorkerContext) -> Job:
    """Tidies the search index."""
    return FunctionJob(context.dateline.index.tidy)


def memory_job(context: WorkerContext) -> Job:
    """Returns free memory to the system."""
    del context
    return FunctionJob(release_memory)


def news_sitemap_job(context: WorkerContext) -> Job:
    """Builds the news sitemap."""
    dateline = context.dateline
    return FunctionJob(NewsSitemap(dateline.archive, dateline.site, owner=context.owner, clock=dateline.clock).run)


def push_job(context: WorkerContext) -> Job:
    """Calls the callbacks of subscribers."""
    dateline = context.dateline
    return CallbackDispatcher(
        dateline.archive,
        dateline.site,
        Client(AddressGuard(private=dateline.settings.allow_private_callbacks), agent=dateline.user_agent),
        owner=context.owner,
        clock=dateline.clock,
        stopping=context.stopping,
        algorithm=dateline.settings.hub_signature,
    )


JOBS: Final[dict[str, JobEntry]] = {
    "release": JobEntry(build=release_job, interval=timedelta(seconds=1)),
    "push": JobEntry(build=push_job, interval=timedelta(seconds=1), at_start=True, on_wakeup=True),
    "news sitemap": JobEntry(build=news_sitemap_job, interval=timedelta(minutes=1), at_start=True, in_commands=True),
    "tidy": JobEntry(build=tidy_job, interval=timedelta(minutes=1)),
    "tidy index": JobEntry(build=tidy_index_job, interval=timedelta(seconds=5)),
    "memory": JobEntry(build=memory_job, interval=timedelta(seconds=30)),
}


class ScheduledJob:
    """A job and its schedule. Logs errors of the job, which is tried again at its next time."""

    def __init__(self, name: str, job: Job, *, interval: timedelta, at_start: bool, on_wakeup: bool) -> None:
        self.name = name
        self.job = job
        self.interval = interval
        self.at_start = at_start
        self.on_wakeup = on_wakeup
        self.running = False

    def run(self) -> None:
        self.running = True
        try:
            self.job.run()
        except DatelineError as error:
            log.error("%s waits: %s", self.name, error)
        except Exception:
            log.exception("%s failed; trying again", self.name)
        finally:
            self.running = False
