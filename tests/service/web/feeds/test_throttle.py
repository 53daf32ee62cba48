"""Unconditional requests for whole feeds are limited; conditional and partial ones are not."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from archive.store.archive import Archive
from service.web.feeds.prepared import PreparedDocuments
from service.web.feeds.throttle import HOUR, Throttle, client_of
from tests.service.web.feeds.test_prepared import Stand
from tests.support.builders import SITE
from tests.support.harness import open_site

READER = "203.0.113.7"
LIMIT = 3


@pytest.fixture
def stand(archive: Archive) -> Stand:
    stand = Stand(archive)
    stand.app.throttle.limit = LIMIT
    stand.app.site = SITE
    for path in ("/feed.atom", "/feed.rss", "/sitemap.xml"):
        stand.put(path, b"<feed/>")
    return stand


def get(
    stand: Stand,
    headers: Mapping[str, str] | None = None,
    *,
    path: str = "/feed.atom",
    address: str = READER,
    **more: Any,
) -> TestResponse:
    return stand.client.open(path, headers=dict(headers or {}), environ_overrides={"REMOTE_ADDR": address}, **more)


def statuses(stand: Stand, headers: Mapping[str, str] | None = None, **more: Any) -> set[int]:
    return {get(stand, headers, **more).status_code for _ in range(LIMIT + 5)}


def test_the_whole_feed_is_sent_up_to_the_limit_in_an_hour(stand: Stand) -> None:
    assert [get(stand).status_code for _ in range(LIMIT + 2)] == [200] * LIMIT + [429] * 2
    stand.tick += HOUR - 1
    assert get(stand).status_code == 429
    stand.tick += 1
    assert get(stand).status_code == 200


def test_a_429_says_how_long_to_wait_and_what_to_do_instead(stand: Stand) -> None:
    for _ in range(LIMIT):
        get(stand)
    stand.tick += 600.5
    answer = get(stand)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3000")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert "If-None-Match" in answer.text
    assert "https://news.example.org/feeds#programs" in answer.text


def test_a_refused_client_is_logged_once_an_hour(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "service.web.feeds.throttle")
    for _ in range(2):
        statuses(stand)
        statuses(stand, address="203.0.113.8", path="/feed.rss")
        stand.tick += HOUR
    assert (
        caplog.messages
        == [
            f"203.0.113.7 has loaded the whole of /feed.atom {LIMIT} times: refused for 3600 s",
            f"203.0.113.8 has loaded the whole of /feed.rss {LIMIT} times: refused for 3600 s",
        ]
        * 2
    )


@pytest.mark.parametrize(
    "considerate",
    [
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": "Sat, 14 Mar 2020 12:00:00 GMT"},
        {"A-IM": "feed"},
        {"Range": "bytes=0-3"},
    ],
)
def test_conditional_and_partial_requests_are_not_counted(stand: Stand, considerate: dict[str, str]) -> None:
    statuses(stand)
    assert 429 not in statuses(stand, considerate)


def test_head_is_not_counted(stand: Stand) -> None:
    statuses(stand)
    assert statuses(stand, method="HEAD") == {200}


def test_each_client_and_feed_is_counted_separately(stand: Stand) -> None:
    assert statuses(stand) == {200, 429}
    assert get(stand, address="203.0.113.8").status_code == 200
    assert get(stand, path="/feed.rss").status_code == 200
    assert statuses(stand, path="/sitemap.xml") == {200}


def test_behind_a_proxy_on_this_machine_the_last_forwarded_address_counts(stand: Stand) -> None:
    assert statuses(stand, {"X-Forwarded-For": f"198.51.100.9, {READER}"}, address="127.0.0.1") == {200, 429}
    assert get(stand, {"X-Forwarded-For": f"192.0.2.1, {READER}"}, address="::1").status_code == 429
    assert get(stand, {"X-Forwarded-For": f"{READER}, 192.0.2.1"}, address="::1").status_code == 200


def test_forwarded_addresses_from_elsewhere_are_ignored(stand: Stand) -> None:
    assert statuses(stand, {"X-Forwarded-For": "192.0.2.1"}) == {200, 429}
    assert get(stand, {"X-Forwarded-For": "192.0.2.2"}).status_code == 429


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_private_addresses_are_not_counted(stand: Stand, address: str) -> None:
    assert statuses(stand, address=address) == {200}
    assert client_of({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": address}) is None


def test_the_limit_can_be_switched_off(stand: Stand) -> None:
    stand.app.throttle.limit = 0
    assert statuses(stand) == {200}


def test_each_search_is_counted_separately(archive: Archive, tmp_path: Path) -> None:
    with open_site(archive, tmp_path) as site:
        site.publish(title="Wheat")
        app = PreparedDocuments(
            archive, site.app.wsgi_app, clock=site.dateline.clock, unconditional_gets=LIMIT, ticks=lambda: 0.0
        )
        stand = Stand(archive)
        stand.client.application = app
        assert statuses(stand, path="/search/feed.atom?q=wheat") == {200, 429}
        assert get(stand, path="/search/feed.atom?q=rye").status_code == 200
        browser = {"Sec-Fetch-Dest": "document"}
        assert get(stand, browser, path="/search/feed.atom?q=wheat").status_code == 200


def test_the_table_is_bounded_and_drops_the_oldest_count() -> None:
    counter = Throttle(1, max_counted=10, ticks=lambda: 0.0)
    for number in range(50):
        assert counter.wait({"REMOTE_ADDR": f"203.0.113.{number}"}, "/feed.atom") == 0
    assert len(counter._counts) == 10
    assert counter.wait({"REMOTE_ADDR": "203.0.113.49"}, "/feed.atom") == HOUR
    assert counter.wait({"REMOTE_ADDR": "203.0.113.0"}, "/feed.atom") == 0
