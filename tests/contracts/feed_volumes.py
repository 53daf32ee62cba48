"""The contract of archive.feed_volumes."""

from __future__ import annotations

import pytest

from archive.errors import LeaseLost
from archive.period import Period
from archive.store.archive import Archive
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import SortKey
from tests.support.archives import a_lease
from tests.support.builders import NOON


class FeedVolumesContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_volumes_stand_in_order_and_keep_their_numbers(self, archive: Archive) -> None:
        january, march = Period(2026, 1), Period(2026, 3)
        lease = a_lease(archive)
        assert archive.feed_volumes.all() == []
        middle = SortKey(NOON, "b")
        archive.feed_volumes.put(
            [ArchiveDocument(march, 1), ArchiveDocument(january, 1), ArchiveDocument(march, 2, middle)], lease
        )
        assert archive.feed_volumes.all() == [
            ArchiveDocument(january, 1),
            ArchiveDocument(march, 1),
            ArchiveDocument(march, 2, middle),
        ]
        archive.feed_volumes.put([ArchiveDocument(march, 1, SortKey(NOON, "a")), ArchiveDocument(march, 3)], lease)
        assert archive.feed_volumes.all() == [
            ArchiveDocument(january, 1),
            ArchiveDocument(march, 3),
            ArchiveDocument(march, 1, SortKey(NOON, "a")),
            ArchiveDocument(march, 2, middle),
        ]

    def test_a_stale_worker_divides_nothing(self, archive: Archive) -> None:
        lease = a_lease(archive)
        archive.changes.rewind(lease.consumer)
        with pytest.raises(LeaseLost):
            archive.feed_volumes.put([ArchiveDocument(Period(2026, 1), 1)], lease)
        assert archive.feed_volumes.all() == []
