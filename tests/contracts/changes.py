"""The contract of archive.changes: the log, leases and cursors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest

from archive.article import Status
from archive.errors import LeaseLost, RevisionConflict
from archive.labels import Label, LabelKind
from archive.store.archive import Archive
from archive.store.changes import Change, ChangeKind, Cursor, Lease
from tests.support.archives import MINUTE, a_lease, a_rendition, everything
from tests.support.builders import NOON, added, changed


class ChangesContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_the_log_has_one_line_for_each_save(self, archive: Archive) -> None:
        assert archive.changes.head() == archive.changes.last() == 0
        first = added(archive, tags=["a"], section="s", published="2026-01-01")
        draft = added(archive, tags=["b"], status="draft")
        moved = changed(archive, first, tags=("c",), day=date(2026, 1, 2))
        changed(archive, moved, status=Status.WITHDRAWN)
        section, *tags = Label(LabelKind.SECTION, "s"), Label(LabelKind.TAG, "a"), Label(LabelKind.TAG, "c")
        assert archive.changes.after(0, kind=ChangeKind.ARTICLE, limit=9) == [
            Change(1, ChangeKind.ARTICLE, first.id, 1, frozenset({section, tags[0]}), frozenset({date(2026, 1, 1)})),
            Change(2, ChangeKind.ARTICLE, draft.id, 1),
            Change(3, ChangeKind.ARTICLE, first.id, 2, frozenset({section, *tags}), frozenset({date(2026, 1, 1), date(2026, 1, 2)})),
            Change(4, ChangeKind.ARTICLE, first.id, 3, frozenset({section, tags[1]}), frozenset({date(2026, 1, 2)})),
        ]  # fmt: skip
        assert archive.changes.head() == archive.changes.last() == 4

    def test_the_log_is_read_from_a_position_on_and_by_kind(self, archive: Archive) -> None:
        for _ in range(3):
            added(archive)
        lease = a_lease(archive)
        archive.renditions.put([a_rendition("/feed.rss")], lease)
        assert [one.seq for one in archive.changes.after(1, kind=ChangeKind.ARTICLE, limit=9)] == [2, 3]
        assert [one.seq for one in archive.changes.after(0, kind=ChangeKind.ARTICLE, limit=2)] == [1, 2]
        assert archive.changes.after(0, kind=ChangeKind.RENDITION, limit=9) == [
            Change(4, ChangeKind.RENDITION, "/feed.rss", 0)
        ]
        assert archive.changes.after(4, kind=ChangeKind.RENDITION, limit=9) == []
        assert archive.changes.last() == 3
        assert archive.changes.last(ChangeKind.RENDITION) == 4

    def test_whoever_follows_the_log_misses_nothing_that_is_written_meanwhile(
        self, open_archive: Callable[[], Archive]
    ) -> None:
        def write(archive: Archive) -> set[str]:
            return {added(archive).id for _ in range(15)}

        def follow(archive: Archive) -> list[str]:
            position, seen = 0, list[str]()
            while len(seen) < 60:
                for change in archive.changes.after(position, kind=ChangeKind.ARTICLE, limit=7):
                    position = change.seq
                    seen.append(change.subject)
            return seen

        with ThreadPoolExecutor(5) as threads:
            seen = threads.submit(follow, open_archive())
            written = [threads.submit(write, open_archive()) for _ in range(4)]
            assert sorted(seen.result(60)) == sorted(set[str]().union(*(one.result() for one in written)))

    @pytest.mark.slow
    def test_of_400_concurrent_changes_none_is_lost(self, open_archive: Callable[[], Archive]) -> None:
        article = added(open_archive(), title="0")

        def count_up(archive: Archive) -> None:
            left = 50
            while left:
                seen = archive.articles.get(article.id)
                with suppress(RevisionConflict):
                    changed(archive, seen, title=str(int(seen.title) + 1))
                    left -= 1

        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(count_up, open_archive()) for _ in range(8)]:
                done.result()
        archive = open_archive()
        assert (
            archive.articles.get(article.id).title,
            archive.articles.get(article.id).revision,
            archive.changes.head(),
        ) == ("400", 401, 401)

    def test_a_consumer_begins_at_0(self, archive: Archive) -> None:
        lease = archive.changes.acquire("index", owner="one", now=NOON, duration=MINUTE)
        assert lease == Lease("index", "one", fence=1, position=0)
        assert archive.changes.cursors() == [Cursor("index", 0, "one", fence=1, until=NOON + MINUTE)]

    def test_a_lease_is_held_until_its_time_is_over(self, archive: Archive) -> None:
        a_lease(archive, owner="one")
        just_before = NOON + MINUTE - timedelta(microseconds=1)
        assert archive.changes.acquire("index", owner="two", now=just_before, duration=MINUTE) is None
        assert archive.changes.cursors() == [Cursor("index", 0, "one", fence=1, until=NOON + MINUTE)]
        taken = archive.changes.acquire("index", owner="two", now=NOON + MINUTE, duration=MINUTE)
        assert taken == Lease("index", "two", fence=2, position=0)
        assert archive.changes.acquire("feeds", owner="three", now=NOON, duration=MINUTE) is not None

    def test_a_lease_can_be_held_for_longer(self, archive: Archive) -> None:
        lease = a_lease(archive, owner="one")
        archive.changes.renew(lease, now=NOON + MINUTE / 2, duration=MINUTE)
        assert archive.changes.acquire("index", owner="two", now=NOON + MINUTE, duration=MINUTE) is None

    def test_a_cursor_moves_and_is_kept(self, archive: Archive, open_archive: Callable[[], Archive]) -> None:
        lease = archive.changes.advance(a_lease(archive), 7)
        assert lease.position == 7
        again = open_archive().changes.acquire("index", owner="one", now=NOON, duration=MINUTE)
        assert again is not None
        assert again.position == 7
        assert archive.changes.advance(again, 0).position == 0

    def test_a_stale_worker_moves_and_stores_nothing(self, archive: Archive) -> None:
        stale = a_lease(archive, owner="one")
        fresh = archive.changes.acquire("index", owner="two", now=NOON + MINUTE, duration=MINUTE)
        assert fresh is not None
        archive.renditions.put([a_rendition("/feed.rss", "new")], fresh)
        before = everything(archive)
        for attempt in (
            lambda: archive.changes.advance(stale, 9),
            lambda: archive.changes.renew(stale, now=NOON, duration=MINUTE),
            lambda: archive.renditions.put([a_rendition("/feed.rss", "stale", position=9)], stale),
            lambda: archive.facts.set("schedule", "stale", stale),
        ):
            with pytest.raises(LeaseLost):
                attempt()
        assert everything(archive) == before

    def test_a_holder_that_begins_anew_makes_its_own_earlier_turn_stale(self, archive: Archive) -> None:
        earlier, later = a_lease(archive, owner="one"), a_lease(archive, owner="one")
        with pytest.raises(LeaseLost):
            archive.changes.advance(earlier, 1)
        assert archive.changes.advance(later, 1).position == 1

    def test_nobody_has_a_lease_that_was_never_taken(self, archive: Archive) -> None:
        with pytest.raises(LeaseLost):
            archive.changes.advance(Lease("index", "one", fence=1, position=0), 1)

    def test_of_many_at_once_one_gets_the_turn(self, open_archive: Callable[[], Archive]) -> None:
        archives = [open_archive() for _ in range(6)]

        def take(number: int, now: datetime) -> Lease | None:
            return archives[number].changes.acquire("index", owner=f"{now} {number}", now=now, duration=MINUTE)

        for now in (NOON, NOON + MINUTE):
            with ThreadPoolExecutor(6) as threads:
                leases = threads.map(take, range(6), [now] * 6)
                assert len([lease for lease in leases if lease is not None]) == 1
