"""The contract of the archive as a whole."""

from __future__ import annotations

from archive.store.archive import Archive
from tests.support.archives import everything
from tests.support.builders import NOON, added


class UpkeepContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_keeping_house_harms_nothing(self, archive: Archive) -> None:
        added(archive, tags=["wheat"])
        before = everything(archive)
        archive.tidy(now=NOON)
        assert everything(archive) == before
        added(archive)
