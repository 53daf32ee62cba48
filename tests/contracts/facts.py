"""The contract of archive.facts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from archive.store.archive import Archive


class FactsContract:
    """Every back-end runs all of it; nobody switches a test off."""

    def test_a_fact_is_what_was_said_last(self, archive: Archive) -> None:
        assert archive.facts.get("schedule") is None
        archive.facts.set("schedule", "one")
        archive.facts.set("schedule", "two")
        assert archive.facts.get("schedule") == "two"

    def test_the_archive_keeps_the_name_that_it_was_given_first(self, open_archive: Callable[[], Archive]) -> None:
        archives = [open_archive() for _ in range(4)]
        with ThreadPoolExecutor(4) as threads:
            named = set(threads.map(lambda one: one[1].facts.identity(f"urn:example:{one[0]}"), enumerate(archives)))
        assert len(named) == 1
        assert open_archive().facts.identity("urn:example:late") in named
