"""After a change: which feeds are rebuilt, which keep their bytes, and recovery from crashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.store.archive import Archive
from archive.store.changes import ChangeKind
from feeds.content_level import read_content_levels
from service.maintenance.check import check_all
from service.settings import Settings
from service.syndication.documents import next_second
from service.worker.consumers.feeds import BUILT_FOR, IMPORT_THRESHOLD
from tests.support.office import Office, open_office


def written(office: Office) -> list[str]:
    """The Atom feeds whose bytes have changed since the last call."""
    after = getattr(office, "_seen", 0)
    changes = office.archive.changes.after(after, kind=ChangeKind.RENDITION, limit=10_000)
    office._seen = office.archive.changes.head()  # type: ignore[attr-defined]
    return sorted(change.subject for change in changes if change.subject.endswith("feed.atom"))


def entries(office: Office, path: str) -> list[str]:
    return [item["title"] for item in office.get(path).json["items"]]


def test_an_empty_archive_has_a_feed(office: Office) -> None:
    office.deliver()
    assert written(office) == ["/feed.atom"]
    assert entries(office, "/feed.json") == []


def test_only_the_feeds_that_a_change_touches_are_built(office: Office) -> None:
    office.posted(title="Wheat", tags=["usa"], section="grain", authors=["Ada"], published="2026-01-02T12:00:00Z")
    office.posted(title="Rye", tags=["canada"], published="2025-05-05T12:00:00Z")
    office.deliver()
    assert len(set(written(office))) == 11
    office.posted(title="Oats", tags=["Usa"], published="2026-01-03T12:00:00Z")
    office.deliver()
    assert written(office) == [
        "/2026/01/03/feed.atom",
        "/2026/01/feed.atom",
        "/2026/feed.atom",
        "/feed.atom",
        "/tags/usa/feed.atom",
    ]
    assert entries(office, "/tags/usa/feed.json") == ["Oats", "Wheat"]


def test_what_is_built_among_many_feeds_is_what_is_built_for_one_change(office: Office) -> None:
    tags = [f"tag-{number}" for number in range(IMPORT_THRESHOLD)]
    office.posted(title="Wheat", tags=tags, published="2026-01-02T12:00:00Z")
    article = office.posted(title="Rye", tags=tags[:1], published="2026-01-03T12:00:00Z")
    office.deliver()
    written(office)
    article = office.changed("PATCH", article, {"title": "Oats", "tags": tags}).json
    office.deliver()
    assert {f"/tags/{tag}/feed.atom" for tag in tags} <= set(written(office))
    office.changed("PATCH", article, {"title": "Barley"})
    office.deliver()
    assert entries(office, "/tags/tag-0/feed.json") == entries(office, "/feed.json") == ["Barley", "Wheat"]
    assert check_all(office.dateline) == []


def test_the_feed_of_a_tag_that_was_taken_off_loses_the_article(office: Office) -> None:
    article = office.posted(title="Wheat", tags=["usa", "grain"])
    office.deliver()
    written(office)
    office.changed("PATCH", article, {"tags": ["grain"]})
    office.deliver()
    assert "/tags/usa/feed.atom" in written(office)
    assert (entries(office, "/tags/usa/feed.json"), entries(office, "/tags/grain/feed.json")) == ([], ["Wheat"])


def test_an_article_leaves_the_feeds_of_its_old_day(office: Office) -> None:
    article = office.posted(published="2026-01-02T12:00:00Z")
    office.deliver()
    office.changed("PATCH", article, {"published": "2025-06-07T12:00:00Z"})
    office.deliver()
    assert entries(office, "/2026/01/02/feed.json") == entries(office, "/2026/feed.json") == []
    assert len(entries(office, "/2025/06/07/feed.json")) == 1


def test_what_is_withdrawn_leaves_every_feed_and_the_search(office: Office) -> None:
    article = office.posted(title="Wheat", tags=["usa"])
    office.deliver()
    assert office.get("/api/search?q=wheat").json["total"] == 1
    office.changed("DELETE", article)
    office.deliver()
    assert entries(office, "/feed.json") == entries(office, "/tags/usa/feed.json") == []
    assert office.get("/api/search?q=wheat").json["total"] == 0


def test_drafts_and_what_is_scheduled_are_nowhere(office: Office) -> None:
    office.posted(title="Wheat", status="draft", tags=["usa"])
    office.posted(title="Wheat", published="2026-03-15", tags=["usa"])
    office.deliver()
    assert written(office) == ["/feed.atom"]
    assert office.get("/api/search?q=wheat").json["total"] == 0


def test_the_same_bytes_keep_their_etag_and_their_date(office: Office) -> None:
    office.posted(title="Wheat")
    office.deliver()
    before = dict(office.get("/feed.atom").headers)
    written(office)
    office.later(hours=1)
    office.posted(title="Rye", status="draft")
    office.archive.changes.rewind("feeds")
    office.deliver()
    assert written(office) == []
    assert dict(office.get("/feed.atom").headers) == before


def test_the_date_of_a_feed_is_when_its_bytes_changed(office: Office) -> None:
    article = office.posted(title="Wheat", published="2020-01-01")
    office.later(seconds=0.25)
    office.deliver()
    office.later(seconds=1)
    assert office.get("/feed.atom").headers["Last-Modified"] == "Sat, 14 Mar 2026 12:00:01 GMT"
    office.later(days=1)
    office.changed("DELETE", article)
    office.deliver()
    assert office.archive.renditions.get("/feed.atom").modified == next_second(office.now)  # type: ignore[union-attr]


@pytest.mark.parametrize(("micro", "second"), [(0, 5), (1, 6), (999_999, 6)])
def test_a_second_that_has_begun_is_over(micro: int, second: int) -> None:
    assert next_second(datetime(2026, 1, 1, 0, 0, 5, micro, UTC)) == datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)


def test_a_site_with_another_name_has_all_its_feeds_built_anew(
    office: Office, archive: Archive, tmp_path: Path
) -> None:
    office.posted(tags=["usa"])
    office.deliver()
    written(office)
    office.later(minutes=1)
    office.dateline = replace(office.dateline, site=replace(office.dateline.site, title="Other News"))
    office.worker = type(office.worker)(office.dateline)
    office.deliver()
    assert len(written(office)) == 5
    office.worker = type(office.worker)(office.dateline)
    office.deliver()
    assert written(office) == []


def test_a_rebuild_of_all_feeds_that_crashes_is_repeated_by_the_next_worker(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.posted(tags=["usa"])
    office.deliver()
    office.archive.facts.set(BUILT_FOR, "another site")
    written(office)

    state = office.archive.facts.set
    feeds = next(drain for drain in office.worker.drains if drain.name == "feeds")

    def state_and_die(name: str, value: str) -> None:
        state(name, value)
        raise KeyboardInterrupt

    monkeypatch.setattr(office.archive.facts, "set", state_and_die)
    feeds.runner.restart()
    with pytest.raises(KeyboardInterrupt):
        feeds.runner.drain()
    assert office.archive.changes.cursor("feeds").position == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["feeds", "index"])
def test_a_crash_between_the_work_and_its_cursor_does_no_harm(
    office: Office, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    office.posted(title="Wheat", tags=["usa"])
    runner = next(drain.runner for drain in office.worker.drains if drain.name == name)
    runner.drain()
    office.posted(title="Rye", tags=["usa"])
    advance = office.archive.changes.advance

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(office.archive.changes, "advance", die)
    with pytest.raises(KeyboardInterrupt):
        runner.drain()
    monkeypatch.setattr(office.archive.changes, "advance", advance)
    office.deliver()
    assert check_all(office.dateline) == []
    assert entries(office, "/tags/usa/feed.json") == ["Rye", "Wheat"]


def test_an_index_that_is_lost_is_built_anew(office: Office) -> None:
    office.posted(title="Wheat")
    office.deliver()
    office.index.clear()
    office.worker = type(office.worker)(office.dateline)
    office.deliver()
    assert office.get("/api/search?q=wheat").json["total"] == 1


def test_a_feed_is_as_long_as_it_is_set(archive: Archive, tmp_path: Path) -> None:
    assert Settings().feed_length == 50
    with open_office(archive, tmp_path, feed_length=2) as office:
        for title in ("One", "Two", "Three"):
            office.later(seconds=1)
            office.posted(title=title)
            office.posted(title=f"{title} of a tag", tags=["usa"])
        office.deliver()
        assert entries(office, "/tags/usa/feed.json") == ["Three of a tag", "Two of a tag"]
        # The site's own feed extends to the newest archive document.
        assert len(entries(office, "/feed.json")) == 6


def test_feeds_are_built_anew_when_they_are_to_carry_something_else(office: Office) -> None:
    office.posted(title="Wheat", tags=["usa"], summary="Brief.")
    office.deliver()
    assert "content_html" in office.get("/feed.json").json["items"][0]
    office.later(minutes=1)
    settings = replace(office.dateline.settings, feed_content=read_content_levels("summary; /tags/usa/: full"))
    office.dateline = replace(office.dateline, settings=settings)
    office.worker = type(office.worker)(office.dateline)
    office.deliver()
    office.later(minutes=1)
    [brief], [whole] = (office.get(path).json["items"] for path in ("/feed.json", "/tags/usa/feed.json"))
    assert (brief["content_text"], "content_html" in brief) == ("Brief.", False)
    assert "content_html" in whole
    assert check_all(office.dateline) == []


def test_searches_carry_what_they_are_set_to(archive: Archive, tmp_path: Path) -> None:
    with open_office(archive, tmp_path, feed_content=read_content_levels("full; /search/: summary")) as office:
        office.posted(title="Wheat")
        office.deliver()
        [found] = office.get("/search/feed.json?q=wheat").json["items"]
        assert "content_html" not in found
