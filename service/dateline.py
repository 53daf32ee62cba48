"""Dateline: all parts of one site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.ids import new_id
from archive.lifecycle import mint_guid
from archive.search.index import SearchIndex
from archive.site import Site
from archive.store.archive import Archive
from service.publishing import Publisher
from service.settings import Settings
from service.wakeup import Wakeup

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Dateline:
    """Everything that serves one site. Call `close` when done."""

    settings: Settings
    site: Site
    archive: Archive
    index: SearchIndex
    publisher: Publisher
    wakeup: Wakeup
    clock: Clock

    def identity(self) -> str:
        """The site's tag URI (RFC 4151), created at its first start and kept in the archive."""
        return self.archive.facts.identity(mint_guid(new_id(), now=self.clock(), site=self.site))

    @property
    def user_agent(self) -> str:
        """The User-Agent of requests to other hosts (RFC 9110 §10.1.5)."""
        return f"Dateline (+{self.site.url})"

    def close(self) -> None:
        self.index.close()
        self.archive.close()


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)
