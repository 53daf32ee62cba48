"""The consumers of the change log. A new consumer is one file, one line here and its schedule in service/consumers.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from archive.store.consumers import Consumer
from service.consumers import SCHEDULES, Schedule
from service.dateline import Dateline
from service.worker.consumers.feeds import feeds_consumer
from service.worker.consumers.hub_ping import hub_ping_consumer
from service.worker.consumers.index import index_consumer
from service.worker.consumers.sitemaps import sitemaps_consumer
from service.worker.consumers.subscribers import subscribers_consumer

# In the order of their jobs. Each function returns None if the site's settings need no such consumer.
CONSUMERS: Final[dict[str, Callable[[Dateline], Consumer | None]]] = {
    "feeds": feeds_consumer,
    "index": index_consumer,
    "websub": subscribers_consumer,
    "sitemaps": sitemaps_consumer,
    "hub": hub_ping_consumer,
}


def build_consumers(dateline: Dateline) -> Iterator[tuple[Schedule, Consumer]]:
    """Every consumer that this site needs, in the order of the table."""
    for name, build in CONSUMERS.items():
        consumer = build(dateline)
        if consumer is not None:
            yield SCHEDULES[name], consumer
