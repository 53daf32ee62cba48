"""Archive: all that storage promises, one protocol for each noun."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from archive.store.articles import Articles
from archive.store.changes import Changes
from archive.store.facts import Facts
from archive.store.feed_volumes import FeedVolumes
from archive.store.listings import Listings
from archive.store.renditions import Renditions
from archive.store.subscriptions import Intents, Subscriptions
from archive.store.tokens import Tokens


class Archive(Protocol):
    """Dated articles with every revision, an append-only change log, and what is derived from it.

    All methods of all nouns raise ArchiveUnavailable when the storage cannot be reached, and StorageFull when it
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
        """The name and version of the database, for people."""
        ...

    def tidy(self, *, now: datetime) -> None:
        """Delete what has expired, and run the database's own maintenance."""
        ...

    def close(self) -> None: ...
