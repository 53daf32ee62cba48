"""The contract of archive.intents: subscription requests."""

from __future__ import annotations

from dataclasses import replace

from archive.store.archive import Archive
from archive.store.intents import Mode
from archive.store.subscriptions import Subscription
from tests.support.archives import HOUR, MINUTE, an_intent, asked, subscribed
from tests.support.builders import NOON


class IntentsContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_an_intent_changes_nothing_until_it_is_confirmed(self, archive: Archive) -> None:
        intent = asked(archive)
        assert list(archive.subscriptions.every(now=NOON)) == []
        assert archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
        assert list(archive.subscriptions.every(now=NOON)) == [
            Subscription(
                path="/a",
                topic="https://news.example.org/a",
                callback="https://reader.example.org/1",
                host="reader.example.org",
                secret="secret",
                until=NOON + HOUR,
                wanted=0,
                delivered=0,
                etag=None,
                failures=0,
                behind_since=None,
                due=None,
            )
        ]
        assert archive.intents.count() == 0

    def test_an_intent_is_claimed_as_it_was_asked(self, archive: Archive) -> None:
        intent = an_intent(mode=Mode.UNSUBSCRIBE, secret=None, lease=HOUR, reason="why")
        assert archive.intents.add(intent, now=NOON, max_waiting=1)
        assert archive.intents.claim("one", now=NOON, duration=MINUTE, limit=9) == [intent]

    def test_a_dropped_intent_leaves_the_subscription_as_it_was(self, archive: Archive) -> None:
        before = subscribed(archive)
        intent = asked(archive, secret="another", ticket="2")
        archive.intents.drop(intent)
        assert archive.subscriptions.get(intent.id) == before
        assert not archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)

    def test_a_later_intent_takes_the_place_of_an_earlier_one(self, archive: Archive) -> None:
        earlier = asked(archive, secret="earlier", ticket="1")
        later = asked(archive, secret="later", ticket="2")
        assert not archive.intents.confirm(earlier, now=NOON, until=NOON + HOUR)
        archive.intents.drop(earlier)
        assert archive.intents.confirm(later, now=NOON, until=NOON + HOUR)
        assert [one.secret for one in archive.subscriptions.every(now=NOON)] == ["later"]

    def test_so_many_intents_wait_and_no_more(self, archive: Archive) -> None:
        first, second = an_intent(number=1), an_intent(number=2)
        assert archive.intents.add(first, now=NOON, max_waiting=1)
        assert not archive.intents.add(second, now=NOON, max_waiting=1)
        assert archive.intents.add(replace(first, ticket="again"), now=NOON, max_waiting=1)
        assert archive.intents.count() == 1

    def test_an_intent_without_answer_is_due_later(self, archive: Archive) -> None:
        intent = asked(archive)
        archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)
        archive.intents.retry(intent, due=NOON + MINUTE)
        assert archive.intents.claim("one", now=NOON, duration=HOUR, limit=9) == []
        [again] = archive.intents.claim("one", now=NOON + MINUTE, duration=HOUR, limit=9)
        assert again == replace(intent, attempts=1)

    def test_a_renewal_takes_the_new_lease_and_secret(self, archive: Archive) -> None:
        before = subscribed(archive)
        intent = asked(archive, secret=None, ticket="2")
        assert archive.intents.confirm(intent, now=NOON + MINUTE, until=NOON + 2 * HOUR)
        assert archive.subscriptions.get(intent.id) == replace(before, secret=None, until=NOON + 2 * HOUR)

    def test_a_confirmed_end_is_one(self, archive: Archive) -> None:
        subscribed(archive)
        intent = asked(archive, mode=Mode.UNSUBSCRIBE, ticket="2")
        assert archive.intents.confirm(intent, now=NOON, until=NOON)
        assert archive.subscriptions.get(intent.id) is None

    def test_a_postponed_intent_has_not_failed(self, archive: Archive) -> None:
        intent = asked(archive)
        archive.intents.claim("one", now=NOON, duration=HOUR, limit=9)
        archive.intents.postpone([intent.id], due=NOON + MINUTE)
        assert archive.intents.claim("one", now=NOON, duration=HOUR, limit=9) == []
        assert archive.intents.claim("one", now=NOON + MINUTE, duration=HOUR, limit=9) == [intent]

    def test_nothing_that_is_printed_shows_a_secret_or_a_callback(self, archive: Archive) -> None:
        intent = asked(archive, secret="do not tell", callback="https://reader.example.org/capability")
        archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
        for shown in (intent, archive.subscriptions.get(intent.id)):
            assert "do not tell" not in repr(shown)
            assert "capability" not in repr(shown)
