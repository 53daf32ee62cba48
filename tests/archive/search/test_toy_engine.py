"""A new engine needs one line in the table, and passes the whole contract."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.test import Client

from archive.search import engines
from archive.search.engines import ENGINES, open_index
from archive.search.index import SearchIndex
from service.auth import Scope, create_token
from service.cli import dateline as command
from service.dateline import Dateline
from service.settings import InvalidSettings, read_settings
from service.web.app import create_wsgi
from service.wiring import open_dateline
from service.worker.scheduler import Worker
from tests.archive.search.toy_engine import INDEXES, ToyIndex
from tests.contracts.search_index import SearchIndexContract


class TestToyIndex(SearchIndexContract):
    @pytest.fixture
    def index(self) -> SearchIndex:
        index = ToyIndex()
        index.clear()
        return index


def test_every_engine_of_the_table_can_be_opened() -> None:
    assert [scheme for scheme, module in ENGINES.items() if not callable(import_module(module).open_index)] == []
    assert engines.DEFAULT.removesuffix(":") in ENGINES


@pytest.mark.slow
def test_reading_the_settings_loads_no_engine() -> None:
    """Nor does opening a Dateline: web processes that never search need no memory for NumPy."""
    program = "import sys, service.wiring, service.settings; print({'numpy', 'whoosh'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"


def test_whoosh_keeps_its_index_in_the_folder_of_its_address(tmp_path: Path) -> None:
    for url, folder in (("", "data"), ("whoosh:", "data"), (f"whoosh://{tmp_path}/other", "other")):
        open_index(url, folder=tmp_path / "data", recency=0.1).clear()
        assert (tmp_path / folder / "manifest.json").exists(), url


@pytest.fixture
def dateline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dateline]:
    """Opened from the environment, with the toy engine in the table."""
    monkeypatch.setitem(ENGINES, "toy", "tests.archive.search.toy_engine")
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path))
    monkeypatch.setenv("DATELINE_SEARCH_URL", "toy:front-page")
    monkeypatch.setenv("DATELINE_SAMPLES", "0")
    dateline = open_dateline(read_settings(), migrate=True)
    yield dateline
    dateline.close()
    INDEXES.clear()


def test_an_engine_of_one_line_serves_a_whole_site(dateline: Dateline) -> None:
    token = create_token(dateline.archive, "desk", Scope.WRITE, clock=dateline.clock)
    client = Client(create_wsgi(dateline))
    texts = {"Ferry sails again": "The ferry of Kiel was mended.", "A mended ferry": "In Kiel, the ferry sails."}
    for title, text in {**texts, "Corn": "Barns of corn."}.items():
        posted = client.post(
            "/admin/articles",
            json={"title": title, "content_text": text, "status": "published"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert posted.status_code == 201, posted.text
    assert Worker(dateline).run_once()

    found = client.get("/api/search?q=ferries").json
    assert found is not None
    assert {result["title"] for result in found["results"]} == set(texts)
    assert client.get("/api/search?q=fery").json["suggestion"] == "ferry"  # type: ignore[index]
    assert client.get("/search/suggest?q=fer").json[1] == ["ferry", "A mended ferry", "Ferry sails again"]  # type: ignore[index]
    [first, *_] = found["results"]
    other = next(title for title in texts if title != first["title"])
    assert other in client.get(first["url"].removeprefix("http://127.0.0.1:8000")).text
    status = CliRunner().invoke(command, ["index", "status"])
    assert "engine     toy\narticles   3\n" in status.output


@pytest.mark.parametrize("url", ["nowhere:folder", "toy", "https://search.example.org"])
def test_an_engine_that_is_not_in_the_table_is_refused(
    url: str, dateline: Dateline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_SEARCH_URL", url)
    with pytest.raises(
        InvalidSettings, match="DATELINE_SEARCH_URL: must be the URL of a search engine, whose scheme is one of "
    ):
        read_settings()
