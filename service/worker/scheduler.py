"""The worker: APScheduler as a clock that delivers changes, releases articles and keeps house."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from archive.errors import DatelineError
from archive.store.changes import ChangeKind
from archive.store.consumers import Outbox
from feeds.builder import FeedBuilder
from service.dateline import Dateline, now
from service.heartbeat import SignOfLife
from service.outbound.address_guard import Guard
from service.outbound.client import Outgoing
from service.process.memory import give_back
from service.settings import HUB_PATH
from service.syndication.site_feeds import Syndication
from service.syndication.sitemaps import NewsSitemap
from service.websub.deliveries import Pusher
from service.worker.consumers.feeds import FeedsConsumer
from service.worker.consumers.hub_ping import Pinger, Pings
from service.worker.consumers.index import IndexConsumer
from service.worker.consumers.sitemaps import SitemapsConsumer
from service.worker.consumers.subscribers import Announcer
from service.worker.drain_job import Delivery
from service.worker.folder_lock import STANDBY_EVERY, lease_owner, only_worker

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds; the bell wakes the worker long before
RELEASE_EVERY = 1.0
TIDY_EVERY = 60.0
INDEX_TIDY_EVERY = 5.0
GIVE_BACK_EVERY = 30.0
SITEMAPS_EVERY = 60.0
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
        owner = lease_owner(dateline.settings.data)
        identity = dateline.identity()
        builder = FeedBuilder(
            dateline.site, identity, length=dateline.settings.feed_length, extents=dateline.settings.feed_content
        )
        self.deliveries = [
            Delivery(
                Outbox(dateline.archive, consumer, owner=owner, clock=dateline.clock),
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
            owner=owner,
            clock=dateline.clock,
            stopping=self.stopping,
            algorithm=dateline.settings.hub_signature,
        )
        self.pings = _pings(dateline, owner)
        sitemaps = SitemapsConsumer(dateline.archive, dateline.site, clock=dateline.clock)
        self.sitemaps = Delivery(
            Outbox(dateline.archive, sitemaps, owner=owner, clock=dateline.clock), self.stopping, then=lambda: None
        )
        self.news = NewsSitemap(dateline.archive, dateline.site, owner=owner, clock=dateline.clock)
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


def _pings(dateline: Dateline, owner: str) -> Pings | None:
    """For a hub elsewhere, which whoever runs this site has chosen: it may be anywhere."""
    hub = dateline.site.hub
    if hub is None or hub == dateline.site.absolute(HUB_PATH):
        return None
    outgoing = Outgoing(Guard(private=True), agent=_agent(dateline))
    pinger = Pinger(dateline.archive, dateline.site, hub, outgoing)
    return Pings(Outbox(dateline.archive, pinger, owner=owner, clock=dateline.clock), outgoing, clock=dateline.clock)


def _agent(dateline: Dateline) -> str:
    return f"Dateline (+{dateline.site.url})"
