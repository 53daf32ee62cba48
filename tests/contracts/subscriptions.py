"""The contract of archive.subscriptions: deliveries that are due."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from archive.store.archive import Archive
from archive.store.intents import Mode
from archive.store.subscriptions import Delivered, Failed
from tests.support.archives import HOUR, MINUTE, a_lease, a_rendition, asked, due, marked_due, subscribed
from tests.support.builders import NOON


class SubscriptionsContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_only_subscribers_of_what_changed_are_due(self, archive: Archive) -> None:
        subscribed(archive, path="/a")
        subscribed(archive, path="/b")
        assert marked_due(archive, "/a") == 1
        assert [one.path for one in due(archive)] == ["/a"]

    def test_what_changes_before_a_subscription_is_confirmed_is_delivered(self, archive: Archive) -> None:
        intent = asked(archive)
        archive.renditions.put([a_rendition("/a", "new"), a_rendition("/b", "new")], a_lease(archive))
        archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
        [found] = due(archive)
        assert (found.wanted, found.delivered) == (1, 0)

    def test_what_changed_before_a_subscription_was_asked_for_is_not(self, archive: Archive) -> None:
        archive.renditions.put([a_rendition("/a", "old")], a_lease(archive))
        assert (subscribed(archive).delivered, due(archive)) == (1, [])

    def test_a_change_is_announced_once(self, archive: Archive) -> None:
        subscribed(archive)
        assert marked_due(archive, "/a", position=7) == 1
        assert marked_due(archive, "/a", position=7) == 0
        assert marked_due(archive, "/a", position=6) == 0

    def test_what_is_claimed_is_nobody_elses_until_its_time_is_over(self, archive: Archive) -> None:
        subscribed(archive)
        marked_due(archive, "/a")
        assert len(due(archive, "one")) == 1
        assert due(archive, "two") == []
        assert due(archive, "one") == []
        assert len(due(archive, "two", now=NOON + MINUTE)) == 1

    def test_a_worker_that_begins_anew_has_its_work_back_at_once(self, archive: Archive) -> None:
        subscribed(archive)
        asked(archive, number=2)
        marked_due(archive, "/a")
        assert len(due(archive, "one")) == 1
        assert len(archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)) == 1
        archive.subscriptions.release("another", now=NOON)
        assert due(archive, "one") == []
        archive.subscriptions.release("one", now=NOON)
        archive.intents.release("one", now=NOON)
        assert len(due(archive, "one")) == 1
        assert len(archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)) == 1

    def test_those_that_are_due_for_longest_come_first_and_so_many(self, archive: Archive) -> None:
        for number in range(5):
            subscribed(archive, number=number, path=f"/{number}")
            marked_due(archive, f"/{number}", now=NOON - number * MINUTE)
        assert [one.path for one in due(archive, limit=3)] == ["/4", "/3", "/2"]
        assert [one.path for one in due(archive, limit=3)] == ["/1", "/0"]

    def test_some_hosts_are_left_alone(self, archive: Archive) -> None:
        for host in ("busy.example.org", "idle.example.org"):
            subscribed(archive, host=host, callback=f"https://{host}/", ticket=host)
            asked(archive, path="/b", host=host, callback=f"https://{host}/", ticket=host)
        marked_due(archive, "/a")
        besides = {"busy.example.org"}
        assert [one.host for one in due(archive, except_hosts=besides)] == ["idle.example.org"]
        found = archive.intents.claim("one", now=NOON, duration=HOUR, limit=9, except_hosts=besides)
        assert [one.host for one in found] == ["idle.example.org"]

    def test_whoever_was_told_is_due_at_the_next_change(self, archive: Archive) -> None:
        told = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(delivered=[Delivered(told.id, 9, '"etag"')], now=NOON)
        expected = replace(told, wanted=7, delivered=9, etag='"etag"', behind_since=NOON)
        assert archive.subscriptions.get(told.id) == expected
        assert due(archive, now=NOON + MINUTE) == []
        marked_due(archive, "/a", position=10)
        assert len(due(archive)) == 1

    def test_what_changed_while_somebody_was_told_is_due_afterwards(self, archive: Archive) -> None:
        told = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        marked_due(archive, "/a", position=8)
        assert due(archive) == []
        archive.subscriptions.record_results(delivered=[Delivered(told.id, 7, '"etag"')], now=NOON)
        [again] = due(archive)
        assert (again.wanted, again.delivered) == (8, 7)

    def test_who_could_not_be_told_is_due_later(self, archive: Archive) -> None:
        missed = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, NOON + HOUR / 2)], now=NOON)
        assert due(archive) == []
        [again] = due(archive, now=NOON + HOUR / 2)
        assert (again.failures, again.delivered, again.behind_since) == (1, 0, NOON)

    def test_a_change_brings_a_later_attempt_forward_but_not_to_now(self, archive: Archive) -> None:
        missed = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, NOON + HOUR / 2)], now=NOON)
        marked_due(archive, "/a", position=8, now=NOON + MINUTE, retry_at=NOON + 2 * MINUTE)
        assert due(archive, now=NOON + MINUTE) == []
        [again] = due(archive, now=NOON + 2 * MINUTE)
        assert (again.wanted, again.behind_since) == (8, NOON + MINUTE)

    def test_who_is_given_up_is_told_of_the_next_change(self, archive: Archive) -> None:
        missed = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, None)], now=NOON)
        assert due(archive, now=NOON + HOUR / 2) == []
        marked_due(archive, "/a", position=8, retry_at=NOON + MINUTE)
        assert len(due(archive, now=NOON + MINUTE)) == 1

    def test_nobody_is_given_up_over_a_change_that_was_not_tried(self, archive: Archive) -> None:
        missed = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        marked_due(archive, "/a", position=8)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, None)], now=NOON)
        assert len(due(archive)) == 1

    def test_what_is_postponed_is_due_then_and_has_not_failed(self, archive: Archive) -> None:
        later = subscribed(archive)
        marked_due(archive, "/a")
        due(archive)
        archive.subscriptions.postpone([later.id, "nobody"], due=NOON + MINUTE)
        assert due(archive) == []
        assert [one.failures for one in due(archive, now=NOON + MINUTE)] == [0]

    def test_a_renewal_is_told_what_was_missed(self, archive: Archive) -> None:
        missed = subscribed(archive)
        marked_due(archive, "/a", position=7)
        due(archive)
        archive.subscriptions.record_results(failed=[Failed(missed.id, 7, None)], now=NOON)
        archive.intents.confirm(asked(archive, ticket="2"), now=NOON, until=NOON + HOUR)
        [again] = due(archive)
        assert (again.failures, again.wanted, again.delivered) == (0, 7, 0)

    def test_nobody_is_told_anything_after_the_lease(self, archive: Archive) -> None:
        subscribed(archive)
        marked_due(archive, "/a", position=7)
        assert due(archive, now=NOON + HOUR) == []
        assert marked_due(archive, "/a", position=8, now=NOON + HOUR) == 0
        assert list(archive.subscriptions.every(now=NOON + HOUR)) == []

    def test_what_has_expired_is_forgotten_in_time(self, archive: Archive) -> None:
        expired = subscribed(archive)
        archive.tidy(now=NOON)
        assert archive.subscriptions.get(expired.id) == expired
        archive.tidy(now=NOON + HOUR)
        assert archive.subscriptions.get(expired.id) is None

    def test_who_subscribes_again_after_the_lease_begins_anew(self, archive: Archive) -> None:
        before = subscribed(archive)
        marked_due(archive, "/a", position=7)
        archive.renditions.put([a_rendition("/a")], a_lease(archive))
        intent = asked(archive, ticket="2")
        archive.intents.confirm(intent, now=NOON + HOUR, until=NOON + 2 * HOUR)
        expected = replace(before, until=NOON + 2 * HOUR, wanted=1, delivered=1)
        assert archive.subscriptions.get(intent.id) == expected

    def test_a_denied_subscription_ends_and_its_callback_is_to_hear_why(self, archive: Archive) -> None:
        denied = subscribed(archive)
        archive.subscriptions.deny(denied, ticket="no", reason="gone", now=NOON)
        assert archive.subscriptions.get(denied.id) is None
        [intent] = archive.intents.claim("one", now=NOON, duration=MINUTE, limit=9)
        assert (intent.mode, intent.reason, intent.callback) == (Mode.DENIED, "gone", denied.callback)

    def test_an_ended_subscription_is_gone_with_what_was_due(self, archive: Archive) -> None:
        ended = subscribed(archive)
        marked_due(archive, "/a")
        archive.subscriptions.end([ended.id, "nobody"])
        assert due(archive) == []

    @pytest.mark.slow
    def test_more_subscriptions_are_listed_than_one_statement_gives(self, archive: Archive) -> None:
        for number in range(501):
            archive.intents.confirm(asked(archive, number=number), now=NOON, until=NOON + HOUR)
        found = list(archive.subscriptions.every(now=NOON))
        assert len({one.callback for one in found}) == len(found) == 501
        assert marked_due(archive, "/a") == 501
        assert len(due(archive, limit=9_999)) == 500

    def test_of_many_at_once_one_claims_each(self, open_archive: Callable[[], Archive]) -> None:
        archives = [open_archive() for _ in range(4)]
        for number in range(40):
            subscribed(archives[0], number=number)
        marked_due(archives[0], "/a")

        def claim(worker: int) -> list[str]:
            found: list[str] = []
            while some := due(archives[worker], f"worker {worker}", limit=3):
                found += [one.id for one in some]
            return found

        with ThreadPoolExecutor(4) as pool:
            claimed = [one for some in pool.map(claim, range(4)) for one in some]
        assert len(set(claimed)) == len(claimed) == 40
