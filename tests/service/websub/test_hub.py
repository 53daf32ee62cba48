"""The hub against each requirement of the WebSub Recommendation (W3C, 23 January 2018), by section."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from archive.store.archive import Archive
from archive.store.renditions import Rendition, Representation
from archive.store.subscriptions import Subscription
from feeds.format import FORMATS, Format
from service.websub.dispatcher import CallbackDispatcher
from service.websub.protocol import DEFAULT_LEASE, MAX_LEASE, MIN_LEASE
from service.websub.retries import BACKOFF, RETRY_PERIOD
from service.worker.drain_job import DrainJob
from service.worker.scheduler import Worker
from tests.support.builders import NOON, SITE
from tests.support.harness import Harness, JsonResponse, open_harness
from tests.support.subscriber import CallbackResponse, HubRequest, Subscriber, a_subscriber

pytestmark = pytest.mark.slow

HUB = "https://news.example.org/hub"
TOPIC = "https://news.example.org/feed.atom"
FORM = "application/x-www-form-urlencoded"


class Scene:
    """A site with one article, its hub, and a subscriber that it can reach. Time is the harness's."""

    def __init__(self, harness: Harness, subscriber: Subscriber) -> None:
        self.harness = harness
        self.subscriber = subscriber
        self.publish("The first")

    # The subscriber's side --------------------------------------------------------------------------

    def ask(self, mode: str = "subscribe", /, **fields: str | None) -> TestResponse:
        """A request to the hub. Fields have no `hub.` prefix; None leaves one out."""
        form = {"mode": mode, "topic": TOPIC, "callback": self.subscriber.url(), **fields}
        said = {f"hub.{name}": value for name, value in form.items() if value is not None}
        return self.harness.client.post("/hub", data=said, buffered=True)

    def subscribe(self, **fields: str | None) -> Subscription:
        """Request and confirm a subscription."""
        assert self.ask(**fields).status_code == 202
        self.work()
        [subscription] = self.subscriptions()
        return subscription

    def subscriptions(self) -> list[Subscription]:
        return list(self.harness.archive.subscriptions.every(now=self.harness.now))

    def last_asked(self) -> HubRequest:
        return self.subscriber.verifications[-1]

    def feed(self, path: str = "/feed.atom") -> JsonResponse:
        return self.harness.get(path)

    # The hub's side ---------------------------------------------------------------------------------

    def publish(self, title: str, *, tags: Sequence[str] = ()) -> None:
        """Store new bytes of every feed of a new article, as the worker does."""
        owner = self.harness.worker.owner
        lease = self.harness.archive.changes.acquire("feeds", owner=owner, now=self.harness.now, duration=RETRY_PERIOD)
        assert lease is not None
        homes = ["/", "/2026/03/", *(f"/tags/{tag}/" for tag in tags)]
        documents = [a_document(f"{home}{one.suffix}", title, one) for home in homes for one in FORMATS.values()]
        self.harness.archive.renditions.put(documents, lease)
        self.build()

    def build(self) -> None:
        """Run the worker's consumer, which marks subscriptions as due."""
        for drain in self.harness.worker.drains:
            if drain.name == "websub":
                drain.runner.drain()

    def work(self) -> None:
        """Run everything that is due now."""
        self.build()
        push_job(self.harness.worker).run()

    def later(self, span: timedelta) -> None:
        self.harness.now += span
        self.work()

    def restart(self) -> None:
        """Start another worker, after one that was killed."""
        push_job(self.harness.worker).close()
        self.harness.worker = Worker(self.harness.dateline)


def push_job(worker: Worker) -> CallbackDispatcher:
    job = worker.jobs["push"].job
    assert isinstance(job, CallbackDispatcher)
    return job


def hub_ping_drain(worker: Worker) -> DrainJob:
    [drain] = (drain for drain in worker.drains if drain.name == "hub")
    return drain


@contextmanager
def a_scene(archive: Archive, folder: Path, hub: str | None = HUB, **settings: Any) -> Iterator[Scene]:
    settings = {"site": replace(SITE, hub=hub), "allow_private_callbacks": True, **settings}
    with a_subscriber() as subscriber, open_harness(archive, folder, **settings) as harness:
        scene = Scene(harness, subscriber)
        try:
            yield scene
        finally:
            push_job(scene.harness.worker).close()


@pytest.fixture
def scene(archive: Archive, tmp_path: Path) -> Iterator[Scene]:
    with a_scene(archive, tmp_path) as opened:
        yield opened


def a_document(path: str, title: str, feed_format: Format) -> Rendition:
    body = f"{path} with {title}".encode()
    representation = Representation(f'"{sha256(body).hexdigest()}"', body)
    return Rendition(path, feed_format.media_type, modified=NOON, position=0, codings={"identity": representation})


def links(heard: Any) -> str:
    [header] = heard.headers.get_all("Link")
    return str(header)


# Discovery (§4) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_feed_names_its_hub_and_itself_in_one_header_4(scene: Scene, name: str, method: str) -> None:
    answer = scene.harness.get(f"/{name}", method=method)
    assert answer.headers.getlist("Link") == [f'<{HUB}>; rel="hub", <https://news.example.org/{name}>; rel="self"']


def test_a_feed_of_a_name_beyond_ascii_names_itself_percent_encoded_4(scene: Scene) -> None:
    scene.publish("Tides", tags=["año"])
    assert (
        scene.feed("/tags/año/feed.rss")
        .headers["Link"]
        .endswith('<https://news.example.org/tags/a%C3%B1o/feed.rss>; rel="self"')
    )


def test_feeds_name_the_hub_in_the_document_too_4(scene: Scene) -> None:
    scene.harness.posted(title="Tides")
    scene.harness.deliver()
    for path in ("/feed.atom", "/feed.rss"):
        assert f'href="{HUB}"' in scene.feed(path).text
        assert 'rel="hub"' in scene.feed(path).text
    assert scene.feed("/feed.json").json["hubs"] == [{"type": "WebSub", "url": HUB}]


def test_each_address_has_one_representation_4_1(scene: Scene) -> None:
    for accept in ("application/rss+xml", "application/feed+json", "*/*"):
        answer = scene.harness.get("/feed.atom", {"Accept": accept, "Accept-Language": "de"})
        assert answer.mimetype == "application/atom+xml"


# Subscription requests (§5.1) -----------------------------------------------------------------------


def test_callback_mode_and_topic_are_enough_5_1(scene: Scene) -> None:
    assert scene.ask().status_code == 202
    scene.work()
    [subscription] = scene.subscriptions()
    assert (subscription.path, subscription.topic) == ("/feed.atom", TOPIC)
    assert (subscription.callback, subscription.secret) == (scene.subscriber.url(), None)


@pytest.mark.parametrize("secret", ["s", "s" * 199, "ß" * 99, "a b+c%26&=\u0001"])
def test_a_secret_of_less_than_200_bytes_is_taken_as_it_is_5_1(scene: Scene, secret: str) -> None:
    assert scene.subscribe(secret=secret).secret == secret


@pytest.mark.parametrize("secret", ["s" * 200, "ß" * 100])
def test_a_secret_of_200_bytes_is_refused_5_1(scene: Scene, secret: str) -> None:
    assert scene.ask(secret=secret).status_code == 400


def test_what_means_nothing_is_ignored_5_1(scene: Scene) -> None:
    assert scene.ask(verify="sync", verify_token="token", foo="bar", content="").status_code == 202
    assert scene.ask("subscribe", topic=TOPIC).status_code == 202
    scene.work()
    assert len(scene.subscriptions()) == 1


@pytest.mark.parametrize(
    ("lease", "given"),
    [
        (None, DEFAULT_LEASE),
        ("", DEFAULT_LEASE),
        ("86400", timedelta(days=1)),
        ("1", MIN_LEASE),
        ("9" * 30, MAX_LEASE),
    ],
)
def test_a_lease_is_given_as_asked_for_within_bounds_5_1(scene: Scene, lease: str | None, given: timedelta) -> None:
    subscription = scene.subscribe(lease_seconds=lease)
    assert subscription.until == scene.harness.now + given
    assert scene.last_asked().query["hub.lease_seconds"] == str(int(given.total_seconds()))


@pytest.mark.parametrize("lease", ["0", "-1", "1.5", "ten", "٣٦٠٠", "000"])
def test_a_lease_that_is_no_positive_whole_number_is_an_error_5_1(scene: Scene, lease: str) -> None:
    assert scene.ask(lease_seconds=lease).status_code == 400


@pytest.mark.parametrize("lease", ["0", "ten", "86400"])
def test_a_lease_means_nothing_when_unsubscribing_5_1(scene: Scene, lease: str) -> None:
    scene.subscribe()
    assert scene.ask("unsubscribe", lease_seconds=lease).status_code == 202
    scene.work()
    assert scene.subscriptions() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"hub.mode=subscribe", "text/plain", 415),
        (b"hub.mode=subscribe", "application/x-www-form-urlencoded; charset=latin-1", 415),
        (b"hub.mode=%ff", FORM, 400),
        (b"hub.mode=subscribe&hub.secret=\xff", FORM, 400),
        (b"&" * 200, FORM, 400),
        (b"a=" + b"b" * 20_000, FORM, 413),
        (b"", FORM, 400),
    ],
)
def test_a_request_is_a_form_in_utf_8_5_1(scene: Scene, body: bytes, content_type: str, status: int) -> None:
    answer = scene.harness.client.post("/hub", data=body, content_type=content_type, buffered=True)
    assert (answer.status_code, answer.mimetype) == (status, "text/plain")


def test_a_form_may_say_that_it_is_utf_8_5_1(scene: Scene) -> None:
    body = f"hub.mode=subscribe&hub.topic={TOPIC}&hub.callback={scene.subscriber.url()}".encode()
    answer = scene.harness.client.post("/hub", data=body, content_type=f"{FORM}; charset=UTF-8", buffered=True)
    assert answer.status_code == 202


def test_an_active_subscription_can_be_asked_for_again_5_1(scene: Scene) -> None:
    before = scene.subscribe(secret="old", lease_seconds="3600")
    scene.harness.now += timedelta(minutes=30)
    after = scene.subscribe(secret="new", lease_seconds="7200")
    assert (before.secret, after.secret) == ("old", "new")
    assert after.until == scene.harness.now + timedelta(hours=2)


def test_a_renewal_may_leave_the_secret_out_5_1(scene: Scene) -> None:
    scene.subscribe(secret="old")
    assert scene.subscribe(secret=None).secret is None


@pytest.mark.parametrize("mode", ["subscribe", "unsubscribe"])
def test_what_is_not_verified_leaves_the_subscription_unchanged_5_1(scene: Scene, mode: str) -> None:
    before = scene.subscribe(secret="old")
    scene.subscriber.respond_with(404)
    scene.harness.now += timedelta(minutes=1)
    assert scene.ask(mode, secret="new", lease_seconds="60").status_code == 202
    assert scene.subscriptions() == [before]
    scene.work()
    assert scene.subscriptions() == [before]


def test_each_topic_and_callback_is_a_subscription_of_its_own_5_1(scene: Scene) -> None:
    for callback in ("/one", "/two"):
        for name in ("feed.atom", "feed.rss"):
            scene.ask(callback=scene.subscriber.url(callback), topic=f"https://news.example.org/{name}")
    scene.work()
    assert len(scene.subscriptions()) == 4


# Parameters (§5.1.1) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ("https://news.example.org/tags/wheat/feed.rss", "/tags/wheat/feed.rss"),
        ("https://news.example.org/tags/%77heat/feed%2Erss", "/tags/wheat/feed.rss"),
        ("https://NEWS.example.org:443/tags/wheat/feed.rss", "/tags/wheat/feed.rss"),
        ("https://news.example.org/tags/a%C3%B1o/feed.rss", "/tags/año/feed.rss"),
        ("https://news.example.org/tags/a%c3%b1o/feed.rss", "/tags/año/feed.rss"),
        ("https://news.example.org/2026/03/feed.json", "/2026/03/feed.json"),
    ],
)
def test_a_topic_is_known_however_it_is_encoded_5_1_1(scene: Scene, topic: str, path: str) -> None:
    scene.publish("Tides", tags=["wheat", "año"])
    subscription = scene.subscribe(topic=topic)
    assert subscription.path == path
    assert scene.last_asked().query["hub.topic"] == topic  # the one "given in the request" (§5.3)


@pytest.mark.parametrize(
    ("topic", "status"),
    [
        ("", 400),
        ("/feed.atom", 400),
        ("feed", 400),
        ("https://elsewhere.example/feed.atom", 400),
        ("http://news.example.org/feed.atom", 400),
        ("https://news.example.org:8443/feed.atom", 400),
        ("https://ann@news.example.org/feed.atom", 400),
        ("https://news.example.org@elsewhere.example/feed.atom", 400),
        ("https://news.example.org/feed.atom?", 400),
        ("https://news.example.org/feed.atom#top", 400),
        ("https://news.example.org/search/feed.atom?q=wheat", 400),
        ("https://news.example.org/tags/a b/feed.atom", 400),
        ("https://news.example.org/tags/%ff/feed.atom", 400),
        ("https://news.example.org:port/feed.atom", 400),
        ("https://[news.example.org/feed.atom", 400),
        ("https://news.example.org/" + "a" * 2000 + "/feed.atom", 400),
        ("https://news.example.org/", 404),
        ("https://news.example.org/about", 404),
        ("https://news.example.org/tags/../feed.atom", 404),
        ("https://news.example.org/tags/a%2Fb/feed.atom", 404),
        ("https://news.example.org/tags/%00/feed.atom", 404),
        ("https://news.example.org//feed.atom", 404),
    ],
)
def test_only_feeds_of_this_site_are_topics_5_1_1(scene: Scene, topic: str, status: int) -> None:
    answer = scene.ask(topic=topic)
    assert (answer.status_code, answer.mimetype) == (status, "text/plain")
    assert scene.harness.archive.intents.count() == 0


def test_a_site_in_a_folder_has_its_topics_there_5_1_1(archive: Archive, tmp_path: Path) -> None:
    site = replace(SITE, url="https://example.org/news/", hub="https://example.org/news/hub")
    with a_scene(archive, tmp_path, site=site) as scene:
        assert scene.ask(topic="https://example.org/news/feed.atom").status_code == 202
        assert scene.ask(topic="https://example.org/feed.atom").status_code == 400


@pytest.mark.parametrize(
    "callback",
    [
        "",
        "callback",
        "ftp://reader.example/x",
        "http:///x",
        "http://reader.example:port/x",
        "http://reader.example:99999/x",
        "http://ann:secret@reader.example/x",
        "http://reader.example/x#y",
        "http://reader.example/a b",
        "http://reader.example/a\r\nX-Header: 1",
        "http://bücher.example/",
        "http://reader.example/" + "a" * 2000,
    ],
)
def test_a_callback_is_an_address_that_can_be_called_5_1_1(scene: Scene, callback: str) -> None:
    answer = scene.ask(callback=callback)
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text.startswith("hub.callback ")


@pytest.mark.parametrize(
    ("callback", "begins"),
    [
        ("/x?foo=bar&red=fish", "/x?foo=bar&red=fish&hub.mode="),
        ("/x?", "/x?&hub.mode="),
        ("/x?a=%2F%2f+b&a=&c", "/x?a=%2F%2f+b&a=&c&hub.mode="),
        ("/x?hub.mode=mine", "/x?hub.mode=mine&hub.mode="),
        ("/x/%7euser", "/x/%7euser?hub.mode="),
    ],
)
def test_the_callbacks_own_query_comes_first_and_is_kept_5_1_1(scene: Scene, callback: str, begins: str) -> None:
    scene.ask(callback=scene.subscriber.url(callback))
    scene.work()
    assert scene.last_asked().target.startswith(begins)


def test_a_delivery_has_the_callbacks_query_in_its_address_5_1_1(scene: Scene) -> None:
    scene.subscribe(callback=scene.subscriber.url("/x?foo=bar&red=fish"))
    scene.publish("News")
    scene.work()
    assert [heard.target for heard in scene.subscriber.deliveries] == ["/x?foo=bar&red=fish"]


# Answers (§5.1.2) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["subscribe", "unsubscribe"])
def test_a_request_is_accepted_with_202_before_anybody_is_asked_5_1_2(scene: Scene, mode: str) -> None:
    assert scene.ask(mode).status_code == 202
    assert scene.subscriber.heard == []
    assert scene.subscriptions() == []


def test_the_answer_does_not_depend_on_the_verification_5_1_2(scene: Scene) -> None:
    for fields in (
        {"callback": "http://nowhere.invalid/x"},
        {"callback": "http://127.0.0.1:1/x"},
        {"topic": "https://news.example.org/tags/nothing/feed.atom"},
    ):
        assert scene.ask(**fields).status_code == 202


@pytest.mark.parametrize(
    ("left_out", "words"),
    [("mode", "hub.mode must be"), ("topic", "hub.topic is missing"), ("callback", "hub.callback is missing")],
)
def test_what_is_missing_is_said_in_plain_text_5_1_2(scene: Scene, left_out: str, words: str) -> None:
    answer = scene.ask("subscribe", **{left_out: None}) if left_out != "mode" else scene.ask("")
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert words in answer.text


@pytest.mark.parametrize("mode", ["publish", "SUBSCRIBE", "denied", "delete"])
def test_another_mode_is_an_error_5_1_2(scene: Scene, mode: str) -> None:
    assert scene.ask(mode).status_code == 400


def test_too_many_requests_at_once_are_told_to_come_back_5_1_2(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.web.hub.MAX_UNCONFIRMED_INTENTS", 1)
    assert scene.ask(callback="http://reader.example/1").status_code == 202
    answer = scene.ask(callback="http://reader.example/2")
    assert (answer.status_code, answer.mimetype, "Retry-After" in answer.headers) == (503, "text/plain", True)


def test_a_get_of_the_hub_explains_how_to_subscribe(scene: Scene) -> None:
    answer = scene.harness.get("/hub")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "WebSub" in answer.text


def test_where_another_hub_is_named_subscribers_are_sent_there_5_1_2(archive: Archive, tmp_path: Path) -> None:
    with a_scene(archive, tmp_path, hub="https://hub.example.org/") as scene:
        answer = scene.ask()
        assert (answer.status_code, answer.headers["Location"]) == (307, "https://hub.example.org/")
        assert 'https://hub.example.org/>; rel="hub"' in scene.feed().headers["Link"]
        assert scene.ask("unsubscribe").status_code == 202


def test_where_there_is_no_hub_nobody_subscribes_and_no_feed_names_one(archive: Archive, tmp_path: Path) -> None:
    with a_scene(archive, tmp_path, hub=None) as scene:
        assert scene.ask().status_code == 404
        assert "hub" not in scene.feed().headers["Link"]


# Validation (§5.2) ----------------------------------------------------------------------------------


def test_a_subscription_of_a_feed_that_is_not_there_is_denied_5_2(scene: Scene) -> None:
    topic = "https://news.example.org/tags/nothing/feed.atom"
    scene.ask(topic=topic, callback=scene.subscriber.url("/x?foo=bar"))
    scene.work()
    [heard] = scene.subscriber.heard
    assert heard.method == "GET"
    assert heard.query == {
        "foo": "bar",
        "hub.mode": "denied",
        "hub.topic": topic,
        "hub.reason": "this feed does not exist",
    }
    assert scene.subscriptions() == []
    scene.later(timedelta(days=1))
    assert len(scene.subscriber.heard) == 1


def test_a_subscription_ends_with_its_feed_and_the_subscriber_is_told_5_2(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.subscribe()
    scene.publish("News")
    monkeypatch.setattr(scene.harness.archive.renditions, "get", lambda path: None)
    scene.work()
    assert scene.last_asked().query["hub.mode"] == "denied"
    assert (scene.subscriptions(), scene.subscriber.deliveries) == ([], [])


def test_an_end_is_not_validated_5(scene: Scene) -> None:
    scene.ask("unsubscribe", topic="https://news.example.org/tags/nothing/feed.atom")
    scene.work()
    assert scene.last_asked().query["hub.mode"] == "unsubscribe"


# Verification of intent (§5.3) ----------------------------------------------------------------------


def test_the_callback_is_asked_with_a_get_5_3(scene: Scene) -> None:
    scene.ask(lease_seconds="3600")
    scene.work()
    [heard] = scene.subscriber.heard
    asked = heard.query
    challenge = asked.pop("hub.challenge")
    assert (heard.method, heard.path) == ("GET", "/callback")
    assert asked == {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.lease_seconds": "3600"}
    assert len(challenge) >= 32


def test_the_callback_is_asked_about_an_end_too_5_3(scene: Scene) -> None:
    scene.subscribe()
    scene.ask("unsubscribe")
    scene.work()
    assert scene.last_asked().query["hub.mode"] == "unsubscribe"
    assert scene.subscriptions() == []


def test_every_challenge_is_another_one_5_3(scene: Scene) -> None:
    for _ in range(5):
        scene.ask()
        scene.work()
    assert len({heard.query["hub.challenge"] for heard in scene.subscriber.verifications}) == 5


def test_the_lease_counts_from_the_question_5_3(scene: Scene) -> None:
    scene.ask(lease_seconds="3600")
    scene.harness.now += timedelta(minutes=10)
    scene.work()
    [subscription] = scene.subscriptions()
    assert subscription.until == scene.harness.now + timedelta(hours=1)


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_any_success_with_the_challenge_confirms_5_3_1(scene: Scene, status: int) -> None:
    scene.subscriber.respond_with(status)
    scene.subscribe()


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308, 400, 401, 404, 410, 500, 503])
def test_any_other_status_does_not_whatever_its_body_5_3_1(scene: Scene, status: int) -> None:
    scene.subscriber.respond_with(status, Location=scene.subscriber.url("/elsewhere"))
    scene.ask()
    scene.work()
    scene.later(timedelta(days=1))
    assert scene.subscriptions() == []
    assert [heard.path for heard in scene.subscriber.heard] == ["/callback"]  # not followed, not asked again


@pytest.mark.parametrize("change", [b"", b"OK", b"%s\n", b" %s", b"\xef\xbb\xbf%s", b"%s%s", b"<p>%s</p>"])
def test_only_the_challenge_letter_for_letter_confirms_5_3_1(scene: Scene, change: bytes) -> None:
    def answer(heard: HubRequest) -> CallbackResponse:
        return CallbackResponse(200, change.replace(b"%s", heard.query["hub.challenge"].encode()))

    scene.subscriber.answer = answer
    scene.ask()
    scene.work()
    assert scene.subscriptions() == []


def test_a_success_without_body_does_not_confirm_5_3_1(scene: Scene) -> None:
    scene.subscriber.respond_with(204)
    scene.ask()
    scene.work()
    assert scene.subscriptions() == []


def test_a_callback_that_gives_no_answer_is_asked_some_times_more(scene: Scene) -> None:
    port = scene.subscriber.port
    scene.ask(callback="http://127.0.0.1:1/x")
    for span in (timedelta(), timedelta(seconds=10), timedelta(minutes=1)):
        assert scene.harness.archive.intents.count() == 1
        scene.later(span)
    assert scene.harness.archive.intents.count() == 0
    assert port == scene.subscriber.port


def test_leases_are_enforced_5_3_1(scene: Scene) -> None:
    scene.subscribe(lease_seconds="3600")
    scene.harness.now += timedelta(hours=1)
    scene.publish("News")
    scene.work()
    assert (scene.subscriptions(), scene.subscriber.deliveries) == ([], [])


def test_until_the_last_moment_of_the_lease_subscribers_are_told_5_3_1(scene: Scene) -> None:
    scene.subscribe(lease_seconds="3600")
    scene.harness.now += timedelta(minutes=59, seconds=59)
    scene.publish("News")
    scene.work()
    assert len(scene.subscriber.deliveries) == 1


def test_a_renewal_before_the_end_sustains_a_subscription_5_3_1(scene: Scene) -> None:
    scene.subscribe(lease_seconds="3600")
    scene.harness.now += timedelta(minutes=59)
    scene.subscribe(lease_seconds="3600")
    scene.harness.now += timedelta(minutes=59)
    scene.publish("News")
    scene.work()
    assert len(scene.subscriber.deliveries) == 1


# Content distribution (§7) --------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_subscribers_get_the_whole_feed_with_its_type_7(scene: Scene, name: str) -> None:
    scene.subscribe(topic=f"https://news.example.org/{name}")
    scene.publish("News")
    scene.work()
    [heard] = scene.subscriber.deliveries
    feed = scene.feed(f"/{name}")
    assert (heard.method, heard.path) == ("POST", "/callback")
    assert heard.headers["Content-Type"] == feed.headers["Content-Type"]
    assert heard.headers["Content-Encoding"] is None
    assert heard.body == feed.data
    assert b"News" in heard.body


def test_a_delivery_names_hub_and_topic_as_the_feed_does_in_one_header_7(scene: Scene) -> None:
    scene.subscribe()
    scene.publish("News")
    scene.work()
    [heard] = scene.subscriber.deliveries
    assert links(heard) == f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"' == scene.feed().headers["Link"]


def test_only_subscribers_of_what_has_changed_are_told_7(scene: Scene) -> None:
    scene.publish("Tides", tags=["tides"])
    scene.subscribe(topic="https://news.example.org/tags/tides/feed.rss")
    scene.publish("Wheat", tags=["wheat"])
    scene.work()
    assert scene.subscriber.deliveries == []
    scene.publish("Ebb", tags=["tides"])
    scene.work()
    assert len(scene.subscriber.deliveries) == 1


def test_the_same_bytes_are_no_news_7(scene: Scene) -> None:
    scene.subscribe()
    scene.publish("The first")
    scene.work()
    assert scene.subscriber.deliveries == []


def test_a_new_article_reaches_subscribers_as_it_stands_in_the_feed_7(scene: Scene) -> None:
    scene.harness.posted(title="Tides")
    article = scene.harness.posted(title="Ebb", tags=["tides"])
    scene.harness.deliver()
    scene.ask(topic="https://news.example.org/tags/tides/feed.rss")
    scene.work()
    scene.harness.changed("PATCH", article, {"title": "Ebb and flow"})
    scene.harness.deliver()
    scene.work()
    [heard] = scene.subscriber.deliveries
    assert heard.body == scene.feed("/tags/tides/feed.rss").data
    assert b"Ebb and flow" in heard.body


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_one_and_the_body_means_nothing_7(scene: Scene, status: int) -> None:
    scene.subscribe()
    scene.subscriber.respond_with(status, b"error" * 100_000)
    scene.publish("News")
    scene.work()
    scene.later(timedelta(days=1))
    assert len(scene.subscriber.deliveries) == 1


def test_410_ends_the_subscription_7(scene: Scene) -> None:
    scene.subscribe()
    scene.subscriber.respond_with(410)
    scene.publish("News")
    scene.work()
    assert (len(scene.subscriber.deliveries), scene.subscriptions()) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 404, 429, 500, 503])
def test_any_other_status_is_a_failure_and_is_tried_again_7(scene: Scene, status: int) -> None:
    scene.subscribe()
    scene.subscriber.respond_with(status, Location=scene.subscriber.url("/elsewhere"))
    scene.publish("News")
    scene.work()
    assert [heard.path for heard in scene.subscriber.deliveries] == ["/callback"]
    assert [one.failures for one in scene.subscriptions()] == [1]
    scene.subscriber.respond_with(200)
    scene.later(BACKOFF[0])
    assert len(scene.subscriber.deliveries) == 2
    assert [one.failures for one in scene.subscriptions()] == [0]


def test_waits_between_attempts_grow_7(scene: Scene) -> None:
    scene.subscribe()
    scene.subscriber.respond_with(500)
    scene.publish("News")
    scene.work()
    for number, wait in enumerate(BACKOFF[:4], start=1):
        scene.later(wait - timedelta(seconds=1))
        assert len(scene.subscriber.deliveries) == number
        scene.later(timedelta(seconds=1))
        assert len(scene.subscriber.deliveries) == number + 1


def test_a_change_is_not_tried_for_ever_and_the_subscription_stays_7(scene: Scene) -> None:
    subscription = scene.subscribe(lease_seconds=str(20 * 86400))
    scene.subscriber.respond_with(500)
    scene.publish("News")
    for _ in range(60):
        scene.later(timedelta(hours=1))
    attempts = len(scene.subscriber.deliveries)
    scene.later(timedelta(days=10))
    assert len(scene.subscriber.deliveries) == attempts
    [kept] = scene.subscriptions()
    assert (kept.until, kept.failures) == (subscription.until, attempts)
    assert timedelta(hours=60) > RETRY_PERIOD


def test_after_failures_the_next_change_is_tried_again_7(scene: Scene) -> None:
    scene.subscribe(lease_seconds=str(20 * 86400))
    scene.subscriber.respond_with(500)
    scene.publish("News")
    for _ in range(60):
        scene.later(timedelta(hours=1))
    before = len(scene.subscriber.deliveries)
    scene.publish("More news")
    scene.later(timedelta(minutes=1))
    scene.later(BACKOFF[-1])
    assert len(scene.subscriber.deliveries) == before + 2
    scene.subscriber.respond_with(200)
    scene.later(BACKOFF[-1])
    assert b"More news" in scene.subscriber.deliveries[-1].body
    assert [one.failures for one in scene.subscriptions()] == [0]


def test_a_subscriber_several_changes_behind_gets_the_newest_bytes_once_7(scene: Scene) -> None:
    scene.subscribe()
    for title in ("One", "Two", "Three"):
        scene.publish(title)
    scene.work()
    [heard] = scene.subscriber.deliveries
    assert heard.body == scene.feed().data


def test_a_subscriber_that_was_unreachable_gets_the_newest_bytes_once_7(scene: Scene) -> None:
    scene.subscribe()
    scene.subscriber.respond_with(503)
    scene.publish("One")
    scene.work()
    scene.publish("Two")
    scene.subscriber.respond_with(200)
    scene.later(timedelta(minutes=2))
    scene.later(timedelta(days=1))
    assert len(scene.subscriber.deliveries) == 2
    assert scene.subscriber.deliveries[-1].body == scene.feed().data


def test_bytes_that_went_back_to_what_was_delivered_are_no_news_7(scene: Scene) -> None:
    scene.subscribe()
    scene.publish("One")
    scene.work()
    scene.subscriber.respond_with(503)
    scene.publish("Two")
    scene.work()
    scene.subscriber.respond_with(200)
    scene.publish("One")
    scene.later(timedelta(days=1))
    assert [heard.body for heard in scene.subscriber.deliveries] == [b"/feed.atom with One", b"/feed.atom with Two"]
    assert [(one.failures, one.due) for one in scene.subscriptions()] == [(0, None)]


def test_a_change_between_request_and_verification_is_delivered_7(scene: Scene) -> None:
    scene.ask()
    scene.publish("News")
    scene.work()
    assert len(scene.subscriber.deliveries) == 1


def test_a_new_subscription_gets_no_delivery_of_earlier_changes_7(scene: Scene) -> None:
    scene.subscribe()
    scene.work()
    assert scene.subscriber.deliveries == []


# Restarts -------------------------------------------------------------------------------------------


def test_attempts_that_are_planned_survive_a_restart(scene: Scene) -> None:
    scene.subscribe()
    scene.subscriber.respond_with(500)
    scene.publish("News")
    scene.work()
    scene.restart()
    scene.subscriber.respond_with(200)
    scene.work()
    assert len(scene.subscriber.deliveries) == 1
    scene.later(BACKOFF[0])
    assert len(scene.subscriber.deliveries) == 2


def test_a_worker_that_died_with_claims_is_followed_by_one_that_delivers_at_once(scene: Scene) -> None:
    scene.subscribe()
    scene.ask(callback=scene.subscriber.url("/other"))
    scene.publish("News")
    claims: dict[str, Any] = {"now": scene.harness.now, "duration": timedelta(hours=1), "limit": 99}
    owner = scene.harness.worker.owner
    assert scene.harness.archive.subscriptions.claim(owner, **claims)
    assert scene.harness.archive.intents.claim(owner, **claims)
    scene.work()
    assert scene.subscriber.deliveries == []
    scene.restart()
    scene.work()
    assert {heard.path for heard in scene.subscriber.deliveries} == {"/callback", "/other"}


def test_what_is_cut_when_the_worker_ends_is_delivered_by_the_next(scene: Scene) -> None:
    scene.subscribe()
    scene.publish("News")
    push = push_job(scene.harness.worker)

    def end_meanwhile(heard: HubRequest) -> CallbackResponse:
        push.stopping.set()
        push.client.abort()
        return CallbackResponse()

    scene.subscriber.answer = end_meanwhile
    push.run()
    scene.subscriber.respond_with(200)
    scene.restart()
    scene.work()
    assert len(scene.subscriber.deliveries) == 2
    assert [(one.failures, one.due) for one in scene.subscriptions()] == [(0, None)]


# Authenticated content distribution (§7.1) ----------------------------------------------------------


@pytest.mark.parametrize("secret", ["s3cret", "ß" * 99, "a b+c%26&="])
def test_with_a_secret_deliveries_are_signed_7_1(scene: Scene, secret: str) -> None:
    scene.subscribe(secret=secret)
    scene.publish("News")
    scene.work()
    [heard] = scene.subscriber.deliveries
    assert heard.headers["X-Hub-Signature"].startswith("sha256=")
    assert heard.is_signed_with(secret)
    assert not heard.is_signed_with("another")


def test_without_a_secret_they_are_not_7_1(scene: Scene) -> None:
    scene.subscribe()
    scene.publish("News")
    scene.work()
    [heard] = scene.subscriber.deliveries
    assert "X-Hub-Signature" not in heard.headers


@pytest.mark.parametrize(("algorithm", "digits"), [("sha256", 64), ("sha384", 96), ("sha512", 128)])
def test_the_settings_say_how_it_is_signed_7_1_1(archive: Archive, tmp_path: Path, algorithm: str, digits: int) -> None:
    with a_scene(archive, tmp_path, hub_signature=algorithm) as scene:
        scene.subscribe(secret="secret")
        scene.publish("News")
        scene.work()
        [heard] = scene.subscriber.deliveries
        method, _, signature = heard.headers["X-Hub-Signature"].partition("=")
        assert (method, len(signature), signature) == (algorithm, digits, signature.lower())
        assert heard.is_signed_with("secret")


def test_a_renewed_secret_signs_from_then_on_7_1(scene: Scene) -> None:
    scene.subscribe(secret="old")
    scene.subscribe(secret="new")
    scene.publish("News")
    scene.work()
    [heard] = scene.subscriber.deliveries
    assert heard.is_signed_with("new")


# Security considerations (§8) -----------------------------------------------------------------------


def test_callbacks_on_private_addresses_are_never_called_unless_allowed_8(archive: Archive, tmp_path: Path) -> None:
    with a_scene(archive, tmp_path, allow_private_callbacks=False) as scene:
        for name in ("127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"):
            assert scene.ask(callback=f"http://{name}:{scene.subscriber.port}/x").status_code == 202
        for wait in (timedelta(), timedelta(minutes=1), timedelta(minutes=1)):
            scene.later(wait)
        assert scene.subscriber.heard == []
        assert (scene.subscriptions(), scene.harness.archive.intents.count()) == ([], 0)


def test_neither_secrets_nor_callbacks_are_logged_8(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fields = {"secret": "s3cret-of-mine", "callback": scene.subscriber.url("/capability?key=unguessable")}
    scene.subscribe(**fields)
    for status in (200, 500, 302, 410):
        scene.subscriber.respond_with(status)
        scene.publish("News")
        scene.later(timedelta(minutes=1))
    scene.ask(**fields)
    scene.subscriber.respond_with(404)
    scene.work()
    scene.ask(secret="s3cret-of-mine", callback="http://127.0.0.1:1/capability")
    scene.ask(secret="s3cret-of-mine", topic="https://elsewhere.example/")
    scene.later(timedelta(days=1))
    assert "127.0.0.1" in caplog.text
    for secret in ("s3cret-of-mine", "capability", "unguessable"):
        assert secret not in caplog.text


# Publishing to a hub elsewhere (§6) -----------------------------------------------------------------


def test_a_hub_elsewhere_is_told_of_every_feed_that_changed_6(archive: Archive, tmp_path: Path) -> None:
    with a_subscriber() as hub, a_scene(archive, tmp_path, hub=hub.url("/publish")) as scene:
        pings = hub_ping_drain(scene.harness.worker)
        pings.run()
        assert hub.heard == []  # nothing about earlier changes
        scene.publish("News", tags=["wheat"])
        pings.run()
        told = [heard.body.decode() for heard in hub.deliveries]
        assert "hub.mode=publish&hub.url=https%3A%2F%2Fnews.example.org%2Ftags%2Fwheat%2Ffeed.atom" in told
        assert {heard.headers["Content-Type"] for heard in hub.deliveries} == {FORM}
        assert len(told) == len(set(told))
        pings.run()
        assert len(hub.deliveries) == len(told)


def test_a_hub_elsewhere_is_not_waited_for_when_the_worker_ends_and_told_by_the_next_6(
    archive: Archive, tmp_path: Path
) -> None:
    with a_subscriber() as hub, a_scene(archive, tmp_path, hub=hub.url()) as scene:
        pings = hub_ping_drain(scene.harness.worker)
        pings.run()
        scene.publish("News")

        def end_meanwhile(heard: HubRequest) -> CallbackResponse:
            pings.abort()
            return CallbackResponse()

        hub.answer = end_meanwhile
        pings.run()
        assert len(hub.deliveries) == 1
        hub.respond_with(204)
        scene.restart()
        hub_ping_drain(scene.harness.worker).run()
        assert hub.deliveries[0].body in [heard.body for heard in hub.deliveries[1:]]


def test_a_hub_elsewhere_that_fails_is_told_again_after_longer_and_longer_6(archive: Archive, tmp_path: Path) -> None:
    with a_subscriber() as hub, a_scene(archive, tmp_path, hub=hub.url()) as scene:
        pings = hub_ping_drain(scene.harness.worker)
        pings.run()
        scene.publish("News")
        hub.respond_with(500)
        for wait, heard in ((timedelta(), 1), (timedelta(seconds=9), 1), (timedelta(seconds=1), 2), (BACKOFF[1], 3)):
            scene.harness.now += wait
            pings.run()
            assert len(hub.deliveries) == heard
        hub.respond_with(204)
        scene.restart()
        hub_ping_drain(scene.harness.worker).run()
        assert len({heard.body for heard in hub.deliveries}) > 3
