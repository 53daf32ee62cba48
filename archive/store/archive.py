"""Archive: the storage ports together, one protocol for each noun."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from archive.store.articles import Articles
from archive.store.changes import Changes
from archive.store.facts import Facts
from archive.store.feed_volumes import FeedVolumes
from archive.store.intents import Intents
from archive.store.listings import Listings
from archive.store.renditions import Renditions
from archive.store.subscriptions import Subscriptions
from archive.store.tokens import Tokens


class Archive(Protocol):
    """Dated articles with every revision, an append-only change log, and data derived from the log.

    Every method of every port raises ArchiveUnavailable if the storage cannot be reached, and StorageFull if it
    is full; in both cases nothing was stored."""

    @property
    def articles(self) -> Articles: ...
    @property
    def listings(self) -> Listings: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def renditions(self) -> Renditions: ...
    @property
    def feed_volumes(self) -> FeedVolumes: ...
    @property
    def subscriptions(self) -> Subscriptions: ...
    @property
    def intents(self) -> Intents: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def facts(self) -> Facts: ...

    def version(self) -> str:
        """The name and version of the database, such as "SQLite 3.50.4"; for people."""
        ...

    def tidy(self, *, now: datetime) -> None:
        """Delete expired subscriptions and Idempotency-Keys, and run the database's own maintenance."""
        ...

    def close(self) -> None: ...
