"""The table of log consumers."""

from __future__ import annotations

from dataclasses import replace

from service.consumers import SCHEDULES
from service.worker.consumers.registry import CONSUMERS, build_consumers
from tests.support.harness import Harness


def test_each_consumer_has_the_name_under_which_it_is_registered(harness: Harness) -> None:
    dateline = replace(harness.dateline, site=replace(harness.dateline.site, hub="https://hub.example.net/"))
    assert [consumer.name for _, consumer in build_consumers(dateline)] == list(CONSUMERS)


def test_each_consumer_has_a_schedule_for_the_changes_that_it_reads(harness: Harness) -> None:
    dateline = replace(harness.dateline, site=replace(harness.dateline.site, hub="https://hub.example.net/"))
    built = {consumer.name: (schedule, consumer.kind) for schedule, consumer in build_consumers(dateline)}
    assert built == {name: (schedule, schedule.kind) for name, schedule in SCHEDULES.items()}


def test_a_site_that_is_its_own_hub_pings_no_other(harness: Harness) -> None:
    assert "hub" not in {consumer.name for _, consumer in build_consumers(harness.dateline)}


def test_the_health_check_monitors_the_consumers_that_handle_each_article_at_once() -> None:
    assert {name for name, schedule in SCHEDULES.items() if schedule.is_monitored} == {"feeds", "index"}
