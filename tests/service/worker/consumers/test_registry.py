"""The table of log consumers."""

from __future__ import annotations

from dataclasses import replace

from archive.store.changes import ChangeKind
from service.web.health import ARTICLE_CONSUMERS
from service.worker.consumers.registry import CONSUMERS, build_consumers
from tests.support.harness import Harness


def test_each_consumer_has_the_name_under_which_it_is_registered(harness: Harness) -> None:
    dateline = replace(harness.dateline, site=replace(harness.dateline.site, hub="https://hub.example.net/"))
    names = {consumer.name: entry for entry, consumer in build_consumers(dateline)}
    assert names == CONSUMERS


def test_a_site_that_is_its_own_hub_pings_no_other(harness: Harness) -> None:
    assert "hub" not in {consumer.name for _, consumer in build_consumers(harness.dateline)}


def test_the_health_check_names_consumers_of_articles(harness: Harness) -> None:
    of_articles = {
        consumer.name for _, consumer in build_consumers(harness.dateline) if consumer.kind is ChangeKind.ARTICLE
    }
    assert of_articles.issuperset(ARTICLE_CONSUMERS)
