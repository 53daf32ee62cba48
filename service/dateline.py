"""The parts of one site, put together."""

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
from service.wakeup import Bell

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Dateline:
    """All parts of one site, put together."""

    settings: Settings
    site: Site
    archive: Archive
    index: SearchIndex
    publisher: Publisher
    bell: Bell
    clock: Clock

    def identity(self) -> str:
        """The site's permanent name (RFC 4151), minted at its first start."""
        return self.archive.facts.identity(mint_guid(new_id(), now=self.clock(), site=self.site))

    def close(self) -> None:
        self.index.close()
        self.archive.close()


def now() -> datetime:
    return datetime.now(UTC)
