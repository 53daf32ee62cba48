"""The embedded index: the contract, and what only it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.whoosh_index import WhooshIndex
from tests.contracts import SearchIndexContract


@pytest.fixture
def index(tmp_path: Path) -> WhooshIndex:
    index = WhooshIndex(tmp_path / "search")
    index.clear()
    return index


class TestWhooshIndex(SearchIndexContract):
    pass
