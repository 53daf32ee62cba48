"""The life of a subscription, with the real service and a real subscriber, each of which is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.running import Answer, RunningService, running_service, wait_for
from tests.support.subscriber import Subscriber, a_subscriber

FEED = "/feed.atom"
SECRET = "a secret of ours"

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    with running_service(tmp_path, allow_private_callbacks=1) as running:
        yield running


def ask(service: RunningService, mode: str, callback: str) -> Answer:
    form = {
        "hub.mode": mode,
        "hub.topic": f"http://127.0.0.1:{service.port}{FEED}",
        "hub.callback": callback,
        "hub.secret": SECRET,
    }
    with service.client() as client:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return client.ask("POST", "/hub", urlencode(form).encode(), headers)


def subscribed(service: RunningService, subscriber: Subscriber) -> None:
    before = len(subscriber.verifications)
    assert ask(service, "subscribe", subscriber.url()).status == 202
    wait_for("the callback is asked", lambda: len(subscriber.verifications) > before)
    time.sleep(0.5)  # until the hub has stored the response


def post(service: RunningService, title: str) -> None:
    with service.client() as client:
        client.posted(title=title, content_text=title)


def told_of(subscriber: Subscriber, title: str) -> None:
    wait_for(f"{title} is delivered", lambda: any(title.encode() in heard.body for heard in subscriber.deliveries))


def test_a_subscriber_that_follows_the_links_of_a_feed_gets_new_articles_at_once(service: RunningService) -> None:
    with a_subscriber() as subscriber:
        post(service, "The first")
        with service.client() as client:
            wait_for("there is a feed", lambda: client.get(FEED).status == 200)
            link = client.get(FEED).headers["Link"]
        assert link == (
            f'<http://127.0.0.1:{service.port}/hub>; rel="hub", <http://127.0.0.1:{service.port}{FEED}>; rel="self"'
        )
        subscribed(service, subscriber)
        post(service, "News")
        told_of(subscriber, "News")
        [heard] = subscriber.deliveries
        assert heard.is_signed_with(SECRET)
        assert heard.headers["Link"] == link
        with service.client() as client:
            answer = client.get(FEED)
        assert (heard.body, heard.headers["Content-Type"]) == (answer.body, answer.headers["Content-Type"])
        before = len(subscriber.verifications)
        assert ask(service, "unsubscribe", subscriber.url()).status == 202
        wait_for("the callback is asked", lambda: len(subscriber.verifications) > before)
        time.sleep(0.5)
        post(service, "Not for you")
        with service.client() as client:
            wait_for("it is in the feed", lambda: b"Not for you" in client.get(FEED).body)
        time.sleep(1.5)  # longer than a delivery takes
        assert len(subscriber.deliveries) == 1


def test_a_subscriber_that_was_killed_is_told_when_it_is_back(service: RunningService) -> None:
    post(service, "The first")
    with a_subscriber() as subscriber:
        with service.client() as client:
            wait_for("there is a feed", lambda: client.get(FEED).status == 200)
        subscribed(service, subscriber)
        port = subscriber.port
    post(service, "While it is away")
    time.sleep(2)
    with a_subscriber(port) as back:
        told_of(back, "While it is away")  # at the next attempt, some ten seconds later
        post(service, "Now that it is back")
        told_of(back, "Now that it is back")
        assert all(heard.is_signed_with(SECRET) for heard in back.deliveries)


def test_a_service_that_was_killed_owes_its_subscribers_nothing_afterwards(service: RunningService) -> None:
    post(service, "The first")
    with a_subscriber() as subscriber:
        with service.client() as client:
            wait_for("there is a feed", lambda: client.get(FEED).status == 200)
        subscribed(service, subscriber)
        for number in range(3):
            post(service, f"Before kill {number}")
            service.kill_all()
            service.start()
            told_of(subscriber, f"Before kill {number}")
