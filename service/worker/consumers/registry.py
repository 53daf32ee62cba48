"""The consumers of the change log. A new consumer is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from archive.store.consumers import Consumer
from service.dateline import Dateline
from service.websub.protocol import BACKOFF
from service.worker.consumers.feeds import feeds_consumer
from service.worker.consumers.hub_ping import hub_ping_consumer
from service.worker.consumers.index import index_consumer
from service.worker.consumers.sitemaps import sitemaps_consumer
from service.worker.consumers.subscribers import subscribers_consumer

POLL_INTERVAL: Final = timedelta(seconds=1)  # a wakeup usually starts a drain earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerEntry:
    """How the worker runs one consumer.

    `build` returns None if the site's settings need no such consumer. With `on_wakeup`, a drain starts as soon as
    something is published; otherwise at the next `interval`. `backoff`: waits after failures; the last one repeats."""

    build: Callable[[Dateline], Consumer | None]
    interval: timedelta = POLL_INTERVAL
    on_wakeup: bool = True
    backoff: Sequence[timedelta] = ()


# By the name of the cursor, which is stored in the database.
CONSUMERS: Final[dict[str, ConsumerEntry]] = {
    "feeds": ConsumerEntry(build=feeds_consumer),
    "index": ConsumerEntry(build=index_consumer),
    "websub": ConsumerEntry(build=subscribers_consumer),
    "sitemaps": ConsumerEntry(build=sitemaps_consumer, interval=timedelta(minutes=1), on_wakeup=False),
    "hub": ConsumerEntry(build=hub_ping_consumer, backoff=BACKOFF),
}


def build_consumers(dateline: Dateline) -> Iterator[tuple[ConsumerEntry, Consumer]]:
    """Every consumer that this site needs, in the order of the table."""
    for entry in CONSUMERS.values():
        consumer = entry.build(dateline)
        if consumer is not None:
            yield entry, consumer
