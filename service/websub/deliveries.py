"""What WebSub does when a feed has new bytes: marks who is to be told, asks callbacks, and delivers."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any, Final

from archive.errors import DatelineError
from archive.site import Site
from archive.store.archive import Archive
from archive.store.changes import ChangeKind
from archive.store.renditions import Rendition
from archive.store.subscriptions import Delivered, Failed, Intent, Mode, Subscription
from service.outbound.client import Outgoing, Reply
from service.outbound.errors import Forbidden, NoAnswer
from service.websub.host_pool import Lane
from service.websub.protocol import (
    confirms,
    delivery_headers,
    denial_url,
    next_verification,
    outcome,
    verification_url,
)

log = logging.getLogger(__name__)

THREADS: Final = 32
SLOW_THREADS: Final = 8
PER_HOST: Final = 6  # calls at a time, and while it is slow:
SLOW_PER_HOST: Final = 2  # a host that was not slow until now has both, which makes eight
AT_ONCE: Final = 64  # of one claim, all of which may be for one host
ROOM: Final = 512  # deliveries in hand; hosts that are silent run out of threads before they fill it
SHARE: Final = AT_ONCE + 2 * PER_HOST  # of one host: a claim comes on top of what runs and a little that waits
SLOW_ROOM: Final = 64
SLOW_SHARE: Final = 16  # two at a time, 15 s each: done before the claim is over
CLAIM_LASTS: Final = timedelta(minutes=5)  # longer than anything that was claimed takes
POSTPONED_BY: Final = timedelta(seconds=30)
SLOW_AFTER: Final = 2.0  # seconds of one call
SLOW_FOR: Final = 300.0  # seconds for which a host that was slow waits among the slow
MOST_SLOW: Final = 10_000  # hosts that are remembered
SETTLE_EVERY: Final = 0.1  # seconds
DOCUMENTS: Final = 64
GONE_TOPIC: Final = "there is no such feed"


class Pusher:
    """Calls callbacks: asks those of intents, and gives subscribers the newest bytes, once.

    What is due is in the archive, is claimed from there in batches, and is due again if a worker dies
    with it. Hosts that answer slowly or not at all have threads of their own, so that they delay only
    each other; what waits for a host moves there when it turns out to be slow. `again()` asks a running
    one to look once more."""

    def __init__(
        self,
        archive: Archive,
        site: Site,
        outgoing: Outgoing,
        *,
        owner: str,
        clock: Callable[[], datetime],
        stopping: Event,
        algorithm: str = "sha256",
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.archive = archive
        self.subscriptions = archive.subscriptions
        self.intents = archive.intents
        self.site = site
        self.outgoing = outgoing
        self.owner = owner
        self.clock = clock
        self.stopping = stopping
        self.algorithm = algorithm
        self.ticks = ticks
        self._wake = Event()
        self._lock = Lock()
        self._running = False
        self._again = False
        self._released = False
        self._documents = _Documents(archive)
        self._results = _Results()
        self._slow: dict[str, float] = {}
        self._moved: list[_Task] = []
        self._quick_lane = Lane[_Task](
            "push", threads=THREADS, per_host=PER_HOST, room=ROOM, share=SHARE, done=self._called
        )
        self._slow_lane = Lane[_Task](
            "push-slow",
            threads=SLOW_THREADS,
            per_host=SLOW_PER_HOST,
            room=SLOW_ROOM,
            share=SLOW_SHARE,
            done=self._called,
        )

    def again(self) -> bool:
        """Ask for another look; False where none is running."""
        with self._lock:
            self._again = self._running
        self._wake.set()
        return self._again

    def run(self) -> None:
        """Until nothing is due and nothing under way."""
        with self._lock:
            self._running, self._again = True, False
        try:
            self._run()
        finally:
            with self._lock:
                self._running = False

    def close(self) -> None:
        """What is under way is cut, and due again when the next worker begins."""
        self.stopping.set()
        for lane in (self._quick_lane, self._slow_lane):
            lane.clear()
        self.outgoing.abort()
        for lane in (self._quick_lane, self._slow_lane):
            lane.close()
        self._settle()

    def _run(self) -> None:
        if not self._released:
            self.subscriptions.release(self.owner, now=self.clock())
            self.intents.release(self.owner, now=self.clock())
            self._released = True
        try:
            while not self.stopping.is_set():
                self._wake.clear()
                self._move()
                claimed = self._claim()
                if self._settle() or claimed:
                    continue
                with self._lock:
                    if not self._again and not self._under_way():
                        self._running = False
                        return
                    self._again = False
                self._wake.wait(SETTLE_EVERY)
        finally:
            self._documents.forget()
            self._settle()

    def _under_way(self) -> bool:
        return bool(len(self._quick_lane) or len(self._slow_lane) or self._moved or self._results)

    def _called(self) -> None:
        if self._quick_lane.left() >= AT_ONCE:
            self._wake.set()

    def _claim(self) -> int:
        """Claim as much as there is room for; how much it was."""
        if self._quick_lane.left() < AT_ONCE:
            return 0
        now = self.clock()
        intents = self.intents.claim(
            self.owner, now=now, duration=CLAIM_LASTS, limit=AT_ONCE, except_hosts=self._full_hosts()
        )
        self._begin([_Task(one.host, one, self._verify, failed=one.attempts > 0) for one in intents])
        due = self.subscriptions.claim(
            self.owner, now=now, duration=CLAIM_LASTS, limit=AT_ONCE, except_hosts=self._full_hosts()
        )
        self._begin([_Task(one.host, one, self._deliver, failed=one.failures > 0) for one in due])
        return len(intents) + len(due)

    def _full_hosts(self) -> set[str]:
        """Hosts of which no more is claimed for now."""
        slow = {host for host in self._slow_lane.full_hosts() if self._is_slow(host)}
        return self._quick_lane.full_hosts() | slow

    def _begin(self, tasks: Sequence[_Task]) -> None:
        """Add tasks to their lanes. Those for which there is no room are due again a little later."""
        refused = [task.what for task in tasks if not self._lane(task).add(task.host, task)]
        intents = [one.id for one in refused if isinstance(one, Intent)]
        deliveries = [one.id for one in refused if isinstance(one, Subscription)]
        due = self.clock() + POSTPONED_BY
        if intents:
            self.intents.postpone(intents, due=due)
        if deliveries:
            self.subscriptions.postpone(deliveries, due=due)

    def _lane(self, task: _Task) -> Lane[_Task]:
        return self._slow_lane if task.failed or self._is_slow(task.host) else self._quick_lane

    def _is_slow(self, host: str) -> bool:
        return self._slow.get(host, 0.0) > self.ticks()

    def _move(self) -> None:
        """What waited for hosts that turned out to be slow waits among the slow, or is due again later."""
        with self._lock:
            moved, self._moved = self._moved, []
        self._begin(moved)

    def _settle(self) -> int:
        """Store what became of deliveries; of how many."""
        told, missed = self._results.take()
        if told or missed:
            try:
                self.subscriptions.record_results(delivered=told, failed=missed, now=self.clock())
            except DatelineError:
                self._results.put_back(told, missed)
                raise
            log.info("told %d subscribers; %d gave no good answer", len(told), len(missed))
        return len(told) + len(missed)

    def _look_again(self) -> None:
        """There is new work to claim. Said by a task while it counts as under way, so that nobody misses it."""
        with self._lock:
            self._again = True

    # One callback, in a thread of a lane ------------------------------------------------------------

    def _verify(self, intent: Intent) -> None:
        if self.stopping.is_set():
            return
        if intent.mode is Mode.SUBSCRIBE and not self.archive.renditions.etags([intent.path]):
            self.subscriptions.end([intent.id])
            intent = _denied(intent)
        challenge = secrets.token_urlsafe(32)
        denied = intent.mode is Mode.DENIED
        asked = self.clock()
        reply = self._call(
            intent.host,
            lambda: self.outgoing.get(
                denial_url(intent) if denied else verification_url(intent, challenge), most_bytes=len(challenge)
            ),
        )
        if reply is None:
            self._ask_again(intent)
        elif not denied and confirms(reply, challenge):
            if self.intents.confirm(intent, now=self.clock(), until=asked + intent.lease):
                self._look_again()  # what has changed since it was asked is due
                log.info("%s of %s by %s is confirmed", intent.mode, intent.path, intent.host)
        else:
            self.intents.drop(intent)
            log.info("%s of %s by %s: answered %d", intent.mode, intent.path, intent.host, reply.status)

    def _ask_again(self, intent: Intent) -> None:
        if self.stopping.is_set():
            return
        due = next_verification(intent, now=self.clock())
        if due is None:
            self.intents.drop(intent)
            log.info("%s of %s by %s: gave no answer", intent.mode, intent.path, intent.host)
        else:
            self.intents.retry(intent, due=due)

    def _deliver(self, subscription: Subscription) -> None:
        if self.stopping.is_set() or subscription.until <= self.clock():
            return
        found = self._documents.at_least(subscription.wanted, subscription.path)
        if found is None:
            self.subscriptions.deny(subscription, ticket=secrets.token_hex(8), reason=GONE_TOPIC, now=self.clock())
            self._look_again()
            return
        coded = found.rendition.codings["identity"]
        if coded.etag == subscription.etag:  # it went back to what the subscriber has
            self._results.add(Delivered(subscription.id, found.position, coded.etag))
            return
        headers = delivery_headers(found.rendition, self.site, subscription, coded.body, algorithm=self.algorithm)
        reply = self._call(
            subscription.host, lambda: self.outgoing.post(subscription.callback, coded.body, headers, most_bytes=0)
        )
        if reply is None and self.stopping.is_set():
            return  # cut by us; it is due again when the next worker begins
        became = outcome(subscription, reply, position=found.position, etag=coded.etag, now=self.clock())
        if became is None:
            self.subscriptions.end([subscription.id])
            log.info("%s has ended its subscription of %s", subscription.host, subscription.path)
            return
        if isinstance(became, Failed):
            log.info(
                "%s was not told of %s: %s; next attempt %s",
                subscription.host,
                subscription.path,
                reply.status if reply else "no answer",
                became.due or "when it changes again",
            )
        self._results.add(became)

    def _call(self, host: str, call: Callable[[], Reply]) -> Reply | None:
        """The answer; None where there was none, for whatever reason."""
        began = self.ticks()
        reply: Reply | None = None
        try:
            reply = call()
        except (NoAnswer, Forbidden) as error:
            log.info("%s", error)
        except Exception:  # a defect of ours must not end a subscription, and must not be tried at once again
            log.exception("calling %s failed", host)
        if reply is None or self.ticks() - began > SLOW_AFTER:
            self._was_slow(host)
        return reply

    def _was_slow(self, host: str) -> None:
        with self._lock:
            if len(self._slow) >= MOST_SLOW:
                self._slow.clear()
            self._slow[host] = self.ticks() + SLOW_FOR
            self._moved += self._quick_lane.take_out(host)


@dataclass(frozen=True, slots=True)
class _Task:
    """One callback that is to be called."""

    host: str
    what: Intent | Subscription
    do: Callable[[Any], None]
    failed: bool

    def __call__(self) -> None:
        self.do(self.what)


@dataclass(frozen=True, slots=True)
class _Found:
    rendition: Rendition
    position: int


class _Documents:
    """Documents for many deliveries at once, each read once for each change."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._lock = Lock()
        self._found: dict[str, _Found] = {}

    def at_least(self, position: int, path: str) -> _Found | None:
        """A document not older than a log position; None where there is none any more."""
        with self._lock:
            found = self._found.get(path)
            if found is not None and found.position >= position:
                return found
            # Before the document: its bytes are at least as new as this.
            head = self.archive.changes.last(ChangeKind.RENDITION)
            rendition = self.archive.renditions.get(path)
            if rendition is None:
                return None
            if len(self._found) >= DOCUMENTS:
                del self._found[next(iter(self._found))]
            self._found[path] = _Found(rendition, max(head, position))
            return self._found[path]

    def forget(self) -> None:
        with self._lock:
            self._found.clear()


@dataclass(slots=True)
class _Results:
    """What has become of deliveries and is not stored yet."""

    told: list[Delivered] = field(default_factory=list)
    missed: list[Failed] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def add(self, result: Delivered | Failed) -> None:
        with self.lock:
            if isinstance(result, Delivered):
                self.told.append(result)
            else:
                self.missed.append(result)

    def put_back(self, told: Sequence[Delivered], missed: Sequence[Failed]) -> None:
        with self.lock:
            self.told += told
            self.missed += missed

    def take(self) -> tuple[list[Delivered], list[Failed]]:
        with self.lock:
            taken = self.told, self.missed
            self.told, self.missed = [], []
        return taken

    def __bool__(self) -> bool:
        return bool(self.told or self.missed)


def _denied(intent: Intent) -> Intent:
    return Intent(
        ticket=intent.ticket,
        mode=Mode.DENIED,
        path=intent.path,
        topic=intent.topic,
        callback=intent.callback,
        host=intent.host,
        reason=GONE_TOPIC,
        attempts=intent.attempts,
    )
