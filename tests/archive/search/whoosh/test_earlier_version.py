"""An index that an earlier version of Dateline made is read without a rebuild.

The folder `data/index` was made by the version before the modules moved to `archive.search.whoosh`: twenty articles, of
which one was withdrawn and one edited later."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archive.article import Status
from archive.search.index import Facet, SearchQuery
from archive.search.whoosh import index as whoosh_index
from archive.search.whoosh.index import WhooshIndex
from tests.support.builders import a_stored_article

MADE = Path(__file__).parent / "data" / "index"

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the folder was made on a little-endian machine")


@pytest.fixture
def index(tmp_path: Path) -> WhooshIndex:
    return WhooshIndex(shutil.copytree(MADE, tmp_path / "search"))


def found(index: WhooshIndex, text: str) -> list[str]:
    return sorted(hit.id for hit in index.search(SearchQuery(text=text, per_page=100)).hits)


def assert_all_is_found(index: WhooshIndex) -> None:
    current = sorted(f"{number:02}" for number in range(20) if number != 3)
    assert sorted(index.revisions()) == [(key, 2 if key == "04" else 1) for key in current]
    assert found(index, "wheat") == current
    assert found(index, '"wheat of kiel"') == current
    assert found(index, "title:export") == [key for key in current if key != "04"]
    assert found(index, "preferee") == found(index, "préférée") == found(index, "barly~") == ["04"]
    results = index.search(SearchQuery(text="whaet", tag="grain"))
    assert (results.total, results.suggestion, set(results.languages)) == (0, "wheat", {"en", "fr"})
    assert index.search(SearchQuery(text="wheat")).facets["tag"] == [Facet("Grain", 19), Facet("El Salvador", 6)]
    assert [each.text for each in index.suggest("gra").completions] == ["Grain"]
    assert len(index.similar(a_stored_article(title="Wheat of Kiel"))) == 5


def test_it_answers(index: WhooshIndex) -> None:
    assert index.position() == 22
    assert_all_is_found(index)


def test_it_is_added_to_and_merged(index: WhooshIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whoosh_index, "segments_to_merge", lambda entries, **_: entries if len(entries) > 1 else [])
    zinc = a_stored_article(id="new", title="Zinc")
    index.apply([zinc], position=23)
    assert found(index, "zinc") == ["new"]
    index.apply([replace(zinc, status=Status.WITHDRAWN, revision=2)], position=24)
    index.tidy()
    assert (index.position(), index.status().segments) == (24, 1)
    assert_all_is_found(index)


def test_its_files_name_no_module_of_ours() -> None:
    """So that old pickles stay readable when modules and classes are moved or renamed."""
    files = sorted(MADE.iterdir())
    assert {path.suffix for path in files} == {".json", ".seg", ".del"}
    assert [path.name for path in files if b"archive" in path.read_bytes()] == []
