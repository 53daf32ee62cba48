"""Calls one callback: to verify an intent (WebSub §5.3), or to deliver a document (§7)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Final

from archive.site import Site
from archive.store.archive import Archive
from archive.store.intents import Intent, Mode, denial
from archive.store.subscriptions import Delivered, Failed, Subscription
from service.outbound.client import Client
from service.outbound.errors import Forbidden, NoAnswer
from service.outbound.response import Response
from service.websub.document_cache import DocumentCache
from service.websub.protocol import (
    confirms,
    delivery_headers,
    denial_url,
    outcome,
    verification_url,
)
from service.websub.retries import next_verification
from service.websub.slow_hosts import SLOW_THRESHOLD

log = logging.getLogger(__name__)

UNKNOWN_TOPIC: Final = "this feed does not exist"  # hub.reason of a denial (§5.2)


class CallbackCaller:
    """Calls callbacks, in threads of the dispatcher's pools, and stores the consequences of their responses.

    `add_result` takes results of deliveries, `on_new_work` is called when there is something new to claim, and
    `on_slow` with a host that answered slowly or not at all. `ticks`: seconds of a clock that never goes back."""

    def __init__(
        self,
        archive: Archive,
        site: Site,
        client: Client,
        documents: DocumentCache,
        *,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
        stopping: Event,
        algorithm: str,
        add_result: Callable[[Delivered | Failed], None],
        on_new_work: Callable[[], None],
        on_slow: Callable[[str], None],
    ) -> None:
        self.renditions = archive.renditions
        self.subscriptions = archive.subscriptions
        self.intents = archive.intents
        self.site = site
        self.client = client
        self.documents = documents
        self.clock = clock
        self.ticks = ticks
        self.stopping = stopping
        self.algorithm = algorithm
        self.add_result = add_result
        self.on_new_work = on_new_work
        self.on_slow = on_slow

    def verify(self, intent: Intent) -> None:
        """Ask the callback to confirm the intent, or deny the subscription if the topic does not exist."""
        if self.stopping.is_set():
            return
        if intent.mode is Mode.SUBSCRIBE and not self.renditions.etags([intent.path]):
            self.subscriptions.end([intent.id])
            intent = denial(intent, ticket=intent.ticket, reason=UNKNOWN_TOPIC, attempts=intent.attempts)
        challenge = secrets.token_urlsafe(32)
        denied = intent.mode is Mode.DENIED
        asked_at = self.clock()
        url = denial_url(intent) if denied else verification_url(intent, challenge)
        response = self._call(intent.host, lambda: self.client.get(url, max_bytes=len(challenge)))
        if response is None:
            self._retry(intent)
        elif not denied and confirms(response, challenge):
            if self.intents.confirm(intent, now=self.clock(), until=asked_at + intent.lease):
                self.on_new_work()  # changes since the request was sent are due
                log.info("%s of %s by %s is confirmed", intent.mode, intent.path, intent.host)
        else:
            self.intents.drop(intent)
            log.info("%s of %s by %s: answered %d", intent.mode, intent.path, intent.host, response.status)

    def _retry(self, intent: Intent) -> None:
        if self.stopping.is_set():
            return
        due = next_verification(intent, now=self.clock())
        if due is None:
            self.intents.drop(intent)
            log.info("%s of %s by %s: no answer", intent.mode, intent.path, intent.host)
        else:
            self.intents.retry(intent, due=due)

    def deliver(self, subscription: Subscription) -> None:
        """Post the newest bytes of the topic, unless the subscriber has them."""
        if self.stopping.is_set() or subscription.until <= self.clock():
            return
        document = self.documents.at_least(subscription.wanted, subscription.path)
        if document is None:
            self.subscriptions.deny(subscription, ticket=secrets.token_hex(8), reason=UNKNOWN_TOPIC, now=self.clock())
            self.on_new_work()
            return
        representation = document.rendition.identity
        if representation.etag == subscription.etag:  # it changed back to what the subscriber has
            self.add_result(Delivered(subscription.id, document.position, representation.etag))
            return
        headers = delivery_headers(
            document.rendition, self.site, subscription, representation.body, algorithm=self.algorithm
        )
        response = self._call(
            subscription.host,
            lambda: self.client.post(subscription.callback, representation.body, headers, max_bytes=0),
        )
        if response is None and self.stopping.is_set():
            return  # cut by us; it is due again when the next worker begins
        result = outcome(subscription, response, position=document.position, etag=representation.etag, now=self.clock())
        if result is None:
            self.subscriptions.end([subscription.id])
            log.info("%s has ended its subscription of %s", subscription.host, subscription.path)
            return
        if isinstance(result, Failed):
            log.info(
                "%s did not accept %s: %s; next attempt %s",
                subscription.host,
                subscription.path,
                response.status if response else "no answer",
                result.due or "when it changes again",
            )
        self.add_result(result)

    def _call(self, host: str, call: Callable[[], Response]) -> Response | None:
        """The response; None if there was none, for whatever reason."""
        began = self.ticks()
        response: Response | None = None
        try:
            response = call()
        except (NoAnswer, Forbidden) as error:
            log.info("%s", error)
        except Exception:  # a defect of ours must not end a subscription, and must not be retried at once
            log.exception("calling %s failed", host)
        if response is None or self.ticks() - began > SLOW_THRESHOLD:
            self.on_slow(host)
        return response
