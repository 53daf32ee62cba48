"""The static export of the public site."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from werkzeug.exceptions import InternalServerError

from archive.errors import Conflict
from archive.store.archive import Archive
from archive.store.renditions import Rendition, Representation
from service.maintenance.static_export import MARKER, ExportFailed, export_static
from service.web.site.listing import PER_PAGE
from tests.support.builders import NOON
from tests.support.harness import Harness, Page, open_site


@pytest.fixture
def site(archive: Archive, tmp_path: Path) -> Iterator[Harness]:
    with open_site(archive, tmp_path) as opened:
        yield opened


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "made" / "site"


def export(site: Harness, target: Path) -> int:
    return export_static(site.dateline, site.app, target)


def read(target: Path, href: str) -> Page:
    """The page that a plain web server would send for a URL."""
    path = unquote(urlsplit(href).path)
    file = target / path.lstrip("/")
    return Page((file / "index.html" if file.is_dir() else file).read_text(encoding="utf-8"))


def test_every_page_is_there_and_every_link_leads_to_a_file(site: Harness, target: Path) -> None:
    site.publish_many(2 * PER_PAGE + 1, tags=["año", "b/c"], section="A section", authors=["Ana Costa"])
    written = export(site, target)
    waiting, seen = ["/"], {"/"}
    while waiting:
        page = read(target, waiting.pop())
        for href in page.values("a[href^='/'], link[rel=stylesheet], link[rel=icon]", "href"):
            file = target / unquote(urlsplit(href).path).lstrip("/")
            assert file.exists(), href
            if href not in seen and (file / "index.html").exists():
                seen.add(href)
                waiting.append(href)
    assert written == sum(1 for file in target.rglob("*") if file.is_file() and file.name != MARKER)
    assert len([href for href in seen if "/story-" in href]) == 2 * PER_PAGE + 1


def test_lists_go_on_without_question_marks(site: Harness, target: Path) -> None:
    site.publish_many(2 * PER_PAGE + 1)
    export(site, target)
    titles: list[str] = []
    hrefs = ["/"]
    while hrefs:
        page = read(target, hrefs[0])
        titles += page.titles
        hrefs = page.values('link[rel="next"]', "href")
        assert not any("?" in href for href in hrefs)
    assert titles == [f"Story {number}" for number in range(2 * PER_PAGE + 1, 0, -1)]


def test_nothing_offers_a_search(site: Harness, target: Path) -> None:
    article = site.publish(title="One")
    export(site, target)
    for href in ("/", article.path or "", "/404.html"):
        assert read(target, href).values("form, link[rel=search], a[href^='/search']", "href") == []


def test_feeds_are_the_stored_bytes(site: Harness, target: Path) -> None:
    site.publish(title="One", tags=["x"])
    archive = site.dateline.archive
    lease = archive.changes.acquire("feeds", owner="test", now=NOON, duration=timedelta(minutes=1))
    assert lease is not None
    codings = {"identity": Representation('"1"', b"<feed/>"), "gzip": Representation('"2"', b"zipped")}
    archive.renditions.put([Rendition("/tags/x/feed.atom", "application/atom+xml", NOON, 1, codings)], lease)
    export(site, target)
    assert (target / "tags" / "x" / "feed.atom").read_bytes() == b"<feed/>"


def test_the_page_that_feeds_lead_to_is_that_of_all_feeds(site: Harness, target: Path) -> None:
    export(site, target)
    assert (target / "feeds/about/index.html").read_bytes() == (target / "feeds/index.html").read_bytes()


def test_what_readers_must_not_see_is_not_written(site: Harness, target: Path) -> None:
    site.publish(title="A draft secret", status="draft", published="2026-03-01")
    site.publish(title="A scheduled secret", published="2026-04-01")
    site.withdraw(site.publish(title="A withdrawn secret"))
    export(site, target)
    for file in target.rglob("*"):
        assert "secret" not in file.name
        assert not file.is_file() or b"secret" not in file.read_bytes(), file


def test_a_second_export_takes_the_place_of_the_first(site: Harness, target: Path) -> None:
    article = site.publish(title="One")
    export(site, target)
    site.withdraw(article)
    site.publish(title="Two")
    export(site, target)
    assert read(target, "/").titles == ["Two"]
    assert not (target / (article.path or "").lstrip("/")).exists()
    assert [file.name for file in target.parent.iterdir()] == ["site"]


def test_a_folder_with_other_things_in_it_is_left_alone(site: Harness, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "thesis.txt").write_text("years of work")
    with pytest.raises(Conflict, match="contains other files"):
        export(site, target)
    assert [file.name for file in target.iterdir()] == ["thesis.txt"]


def test_a_failure_leaves_the_earlier_export_as_it_was(
    site: Harness, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish(title="One")
    export(site, target)

    def fails() -> None:
        raise InternalServerError

    monkeypatch.setitem(site.app.view_functions, "site.feeds_0", fails)
    with pytest.raises(ExportFailed, match="/feeds answered 500"):
        export(site, target)
    assert read(target, "/").titles == ["One"]
    assert [file.name for file in target.parent.iterdir()] == ["site"]


def test_a_name_too_long_for_a_file_is_left_out_and_told(
    site: Harness, target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site.publish(title="One", tags=["語" * 150])
    with caplog.at_level(logging.WARNING):
        export(site, target)
    assert "no file can have this name" in caplog.text
    assert read(target, "/").titles == ["One"]


def test_progress_counts_the_files(site: Harness, target: Path) -> None:
    told: list[int] = []
    site.publish(title="One")
    written = export_static(site.dateline, site.app, target, progress=told.append)
    assert told == list(range(1, written + 1))
