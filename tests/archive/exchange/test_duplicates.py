"""Items that occur twice in one import."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from archive.errors import StorageFull, Unavailable
from archive.exchange.duplicates import DuplicateIndex, Occurrence


def test_the_first_occurrence_of_a_key_is_returned_for_later_ones() -> None:
    with closing(DuplicateIndex()) as duplicates:
        assert duplicates.add("id:1", "digest", "a.jsonl:1") is None
        assert duplicates.add("id:1", "other", "b.jsonl:7") == Occurrence("digest", "a.jsonl:1")


def test_a_full_temporary_folder_is_reported_with_a_way_out() -> None:
    with closing(DuplicateIndex()) as duplicates:
        duplicates._database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(StorageFull, match=r"no space is left in the temporary folder, .* set TMPDIR") as told:
            duplicates.add("id:1", "digest" * 10_000, "a.jsonl:1")
    assert isinstance(told.value.__cause__, sqlite3.OperationalError)


def test_an_unusable_temporary_folder_is_reported() -> None:
    with closing(DuplicateIndex()) as duplicates:
        duplicates._database.execute("DROP TABLE first_occurrences")
        with pytest.raises(Unavailable, match="an import cannot keep its list of items"):
            duplicates.add("id:1", "digest", "a.jsonl:1")
