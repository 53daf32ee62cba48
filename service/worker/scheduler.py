"""The worker: APScheduler as a clock that delivers changes, releases articles and keeps house."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from archive.errors import DatelineError, TurnLost
from archive.store.archive import ChangeKind
from archive.store.consumers import Outbox
from archive.util.file_lock import try_lock
from feeds.builder import FeedBuilder
from service.heartbeat import SignOfLife, lives
from service.outbound.client import Guard, Outgoing
from service.process.memory import give_back
from service.settings import HUB_PATH
from service.syndication.site_feeds import Syndication
from service.syndication.sitemaps import NewsSitemap, SitemapsConsumer
from service.websub.deliveries import Announcer, Pinger, Pings, Pusher
from service.wiring import Dateline, now
from service.worker.consumers.feeds import FeedsConsumer, IndexConsumer

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; the bell wakes the worker long before
RELEASE_EVERY = 1.0
TIDY_EVERY = 60.0
INDEX_TIDY_EVERY = 5.0
GIVE_BACK_EVERY = 30.0
SITEMAPS_EVERY = 60.0
STANDBY_EVERY = 0.5
# Changes and seconds without one after which a worker begins anew: what an import leaves of Python's memory is in pieces
# that nobody can give back, 60 MB of 146 after 21,578 articles.
MUCH = 10_000
REST = 30.0


class Worker:
    """Delivers until it is told to stop, or has done much. One is active on a data folder; others stand by.

    Jobs are code and their state is in the database, so that nothing is lost or doubled whatever is
    killed when. A job that fails is logged and tried again at its next time."""

    def __init__(self, dateline: Dateline) -> None:
        self.dateline = dateline
        self.stopping = threading.Event()
        self._told = False
        self._under_way: set[str] = set()  # jobs beside the deliveries
        holder = _place_name(dateline.settings.data)
        identity = dateline.identity()
        builder = FeedBuilder(
            dateline.site, identity, length=dateline.settings.feed_length, extents=dateline.settings.feed_content
        )
        self.deliveries = [
            Delivery(
                Outbox(dateline.archive, consumer, holder=holder, clock=dateline.clock),
                self.stopping,
                then=dateline.bell.ring,
            )
            for consumer in (
                FeedsConsumer(dateline.archive, Syndication(dateline.archive, builder), clock=dateline.clock),
                IndexConsumer(dateline.archive, dateline.index),
                Announcer(dateline.archive, clock=dateline.clock),
            )
        ]
        self.pusher = Pusher(
            dateline.archive,
            dateline.site,
            Outgoing(Guard(private=dateline.settings.allow_private_callbacks), agent=_agent(dateline)),
            holder=holder,
            clock=dateline.clock,
            stopping=self.stopping,
            algorithm=dateline.settings.hub_signature,
        )
        self.pings = _pings(dateline, holder)
        sitemaps = SitemapsConsumer(dateline.archive, dateline.site, clock=dateline.clock)
        self.sitemaps = Delivery(
            Outbox(dateline.archive, sitemaps, holder=holder, clock=dateline.clock), self.stopping, then=lambda: None
        )
        self.news = NewsSitemap(dateline.archive, dateline.site, holder=holder, clock=dateline.clock)
        self.sign = SignOfLife(dateline.archive, clock=dateline.clock)

    def run(self) -> None:
        """Until `stop()`, or until much was done: take the folder, then listen for the bell while the clock runs."""
        with only_worker(self.dateline.settings.data, self.stopping) as alone:
            if not alone:
                return
            database = self.dateline.archive.version()
            self.dateline.bell.listen()
            scheduler = self._clock()
            scheduler.start()
            log.info("worker is ready; the archive is in %s", database)
            try:
                while not (self.stopping.is_set() or self._has_done_much()):
                    if self.dateline.bell.wait(STANDBY_EVERY):
                        self._wake(scheduler)
            finally:
                self.stopping.set()  # for what is under way
                if self.pings is not None:
                    self.pings.close()
                scheduler.shutdown(wait=True)
                self.pusher.close()
                self.dateline.bell.close()
        log.info("worker has stopped")

    @property
    def begins_anew(self) -> bool:
        """After `run`: whether it ended by itself, for another one to begin in a process that is fresh."""
        return not self._told

    def stop(self) -> None:
        self._told = True
        self.stopping.set()

    def _has_done_much(self) -> bool:
        handed = max(one.handed for one in self.deliveries if one.outbox.consumer.kind is ChangeKind.ARTICLE)
        rests = all(delivery.rests_for() >= REST for delivery in self.deliveries)
        return handed >= MUCH and rests and not self._under_way

    def run_once(self) -> bool:
        """Bring everything up to date and return; False where another worker is there to do it."""
        stopping = threading.Event()
        stopping.set()
        with only_worker(self.dateline.settings.data, stopping) as alone:
            if alone:
                for delivery in (*self.deliveries, self.sitemaps):
                    delivery.outbox.drain()
                self.news.run()
        return alone

    def _clock(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max_workers=10)},
            # What was missed is made up for once, however late; nothing runs beside itself.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for delivery in self.deliveries:
            scheduler.add_job(delivery.run, "interval", seconds=LOOK_EVERY, id=delivery.name, next_run_time=now())
        news = self._job("news sitemap", self.news.run)
        for name, refresh in ((self.sitemaps.name, self.sitemaps.run), (self.news.name, news)):
            scheduler.add_job(refresh, "interval", seconds=SITEMAPS_EVERY, id=name, next_run_time=now())
        for name, job, seconds in (
            ("release", self._release, RELEASE_EVERY),
            ("tidy", self._tidy, TIDY_EVERY),
            ("tidy index", self.dateline.index.tidy, INDEX_TIDY_EVERY),
            ("memory", give_back, GIVE_BACK_EVERY),
        ):
            scheduler.add_job(self._job(name, job), "interval", seconds=seconds, id=name)
        push = self._job("push", self.pusher.run)
        scheduler.add_job(push, "interval", seconds=LOOK_EVERY, id="push", next_run_time=now())
        if self.pings is not None:
            ping = self._job("ping", partial(self.pings.run, self.stopping.is_set))
            scheduler.add_job(ping, "interval", seconds=LOOK_EVERY, id="ping", next_run_time=now())
        return scheduler

    def _job(self, name: str, job: Callable[[], object]) -> Callable[[], None]:
        """One that runs once at a time, and again at its next time if it fails."""

        def run() -> None:
            self._under_way.add(name)
            try:
                job()
            except DatelineError as error:
                log.error("%s waits: %s", name, error)
            except Exception:
                log.exception("%s failed; trying again", name)
            finally:
                self._under_way.discard(name)

        return run

    def _wake(self, scheduler: BackgroundScheduler) -> None:
        for delivery in self.deliveries:
            # One that is under way looks once more before it ends.
            if not delivery.again():
                scheduler.modify_job(delivery.name, next_run_time=now())
        if not self.pusher.again():
            scheduler.modify_job("push", next_run_time=now())
        if self.pings is not None:
            scheduler.modify_job("ping", next_run_time=now())

    def _release(self) -> None:
        self.dateline.publisher.release_due()
        self.sign.give()  # of a worker that releases what is due

    def _tidy(self) -> None:
        self.dateline.archive.tidy(now=self.dateline.clock())


class Delivery:
    """One outbox as a job: drains until nothing is new, and once more if the bell rang meanwhile.

    `then` is called after it has handed something over, since others may be waiting for that."""

    def __init__(self, outbox: Outbox, stopping: threading.Event, *, then: Callable[[], None]) -> None:
        self.outbox = outbox
        self.then = then
        self.name = outbox.consumer.name
        self.stopping = stopping
        self.handed = 0
        self._last = time.monotonic()
        self._running = False
        self._again = False
        self._lock = threading.Lock()

    def again(self) -> bool:
        """Ask a running delivery to look once more; False where none is running."""
        with self._lock:
            self._again = self._running
            return self._running

    def rests_for(self) -> float:
        """Seconds since it had something to hand over; 0 while it looks whether it has."""
        return 0.0 if self._running else time.monotonic() - self._last

    def run(self) -> None:
        with self._lock:
            self._running, self._again = True, False
        while True:
            self._drain()
            with self._lock:
                if not self._again or self.stopping.is_set():
                    self._running = False
                    return
                self._again = False

    def _drain(self) -> None:
        try:
            if handed := self.outbox.drain(stopping=self.stopping.is_set):
                self.handed += handed
                self._last = time.monotonic()
                self.then()
        except TurnLost as lost:
            log.warning("%s", lost)
            self.outbox.restart()
        except DatelineError as error:
            log.error("%s waits: %s", self.name, error)
            self.outbox.restart()
        except Exception:
            log.exception("%s failed; trying again", self.name)
            self.outbox.restart()


def _pings(dateline: Dateline, holder: str) -> Pings | None:
    """For a hub elsewhere, which whoever runs this site has chosen: it may be anywhere."""
    hub = dateline.site.hub
    if hub is None or hub == dateline.site.absolute(HUB_PATH):
        return None
    outgoing = Outgoing(Guard(private=True), agent=_agent(dateline))
    pinger = Pinger(dateline.archive, dateline.site, hub, outgoing)
    return Pings(Outbox(dateline.archive, pinger, holder=holder, clock=dateline.clock), outgoing, clock=dateline.clock)


def _agent(dateline: Dateline) -> str:
    return f"Dateline (+{dateline.site.url})"


@contextmanager
def only_worker(data: Path, stopping: threading.Event) -> Iterator[bool]:
    """Wait for the folder's lock, which the kernel gives back whatever becomes of a process.

    Gives False where it was told to stop before the lock was free."""
    with (data / "worker.lock").open("a+") as file:
        waited = False
        while not try_lock(file):
            if not waited and not stopping.is_set():
                log.warning("another worker has %s: standing by", data)
                waited = True
            if stopping.wait(STANDBY_EVERY):
                yield False
                return
        yield True


def is_served(dateline: Dateline, consumer: str) -> bool:
    """Whether a worker is there for this consumer: on this data folder or, as its turn or its sign says, anywhere."""
    at_once = threading.Event()
    at_once.set()
    with suppress(OSError), only_worker(dateline.settings.data, at_once) as alone:  # it may be somebody else's file
        if not alone:
            return True
    cursor = dateline.archive.cursor(consumer)
    has_turn = cursor is not None and cursor.until is not None and cursor.until > dateline.clock()
    return has_turn or lives(dateline.archive, now=dateline.clock())


def _place_name(data: Path) -> str:
    """This folder's own name among workers. Only who has the folder's lock works under it, so that a
    new worker can take over at once from one that died here."""
    path = data / "place"
    if not path.exists():
        name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        draft = data / f"place.{name}"
        draft.write_text(name + "\n", encoding="utf-8")
        with suppress(FileExistsError):  # of two that start at once, one gives the name
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
