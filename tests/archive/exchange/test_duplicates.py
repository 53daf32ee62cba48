"""What an import remembers of the items that it has met."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from archive.errors import StorageFull, Unavailable
from archive.exchange.duplicates import Met, Seen


def test_the_first_item_with_a_key_is_remembered() -> None:
    with closing(Seen()) as seen:
        assert seen.meet("id:1", "digest", "a.jsonl:1") is None
        assert seen.meet("id:1", "other", "b.jsonl:7") == Met("digest", "a.jsonl:1")


def test_a_temporary_folder_that_is_full_is_a_sentence() -> None:
    with closing(Seen()) as seen:
        seen._database.execute("PRAGMA max_page_count = 2")
        with pytest.raises(StorageFull, match=r"no space is left in the temporary folder, .* set TMPDIR") as told:
            seen.meet("id:1", "digest" * 10_000, "a.jsonl:1")
    assert isinstance(told.value.__cause__, sqlite3.OperationalError)


def test_a_temporary_folder_that_cannot_be_used_is_a_sentence() -> None:
    with closing(Seen()) as seen:
        seen._database.execute("DROP TABLE met")
        with pytest.raises(Unavailable, match="an import cannot note what it has met"):
            seen.meet("id:1", "digest", "a.jsonl:1")
