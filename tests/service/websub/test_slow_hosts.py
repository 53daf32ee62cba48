"""The memory of slow hosts."""

from __future__ import annotations

from service.websub.slow_hosts import MAX_SLOW_HOSTS, SLOW_PERIOD, SlowHosts


def test_a_host_counts_as_slow_for_the_period_after_its_last_slow_call() -> None:
    now = 0.0
    hosts = SlowHosts(lambda: now)
    hosts.add("a.example")
    now = SLOW_PERIOD - 1
    assert ("a.example" in hosts, "b.example" in hosts) == (True, False)
    hosts.add("a.example")
    now = 2 * SLOW_PERIOD - 2
    assert "a.example" in hosts
    now += 1
    assert "a.example" not in hosts


def test_a_host_too_many_replaces_the_oldest() -> None:
    hosts = SlowHosts(lambda: 0.0)
    for number in range(MAX_SLOW_HOSTS + 1):
        hosts.add(f"{number}.example")
    assert ("0.example" in hosts, "1.example" in hosts, f"{MAX_SLOW_HOSTS}.example" in hosts) == (False, True, True)
