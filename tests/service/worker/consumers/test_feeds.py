"""After a change: which feeds are rebuilt, which keep their bytes, and recovery from crashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.store.archive import Archive
from feeds.content_level import read_content_levels
from service.maintenance.check import check_all
from service.settings import Settings
from service.syndication.documents import next_second
from service.worker.consumers.feeds import BUILT_FOR, IMPORT_THRESHOLD
from tests.support.harness import Harness, open_harness


def written(harness: Harness) -> list[str]:
    """The Atom feeds whose bytes have changed since the last call."""
    return [path for path in harness.changed_documents() if path.endswith("feed.atom")]


def entries(harness: Harness, path: str) -> list[str]:
    return [item["title"] for item in harness.get(path).json["items"]]


def test_an_empty_archive_has_a_feed(harness: Harness) -> None:
    harness.deliver()
    assert written(harness) == ["/feed.atom"]
    assert entries(harness, "/feed.json") == []


def test_only_the_feeds_that_a_change_touches_are_built(harness: Harness) -> None:
    harness.posted(title="Wheat", tags=["usa"], section="grain", authors=["Ada"], published="2026-01-02T12:00:00Z")
    harness.posted(title="Rye", tags=["canada"], published="2025-05-05T12:00:00Z")
    harness.deliver()
    assert len(set(written(harness))) == 11
    harness.posted(title="Oats", tags=["Usa"], published="2026-01-03T12:00:00Z")
    harness.deliver()
    assert written(harness) == [
        "/2026/01/03/feed.atom",
        "/2026/01/feed.atom",
        "/2026/feed.atom",
        "/feed.atom",
        "/tags/usa/feed.atom",
    ]
    assert entries(harness, "/tags/usa/feed.json") == ["Oats", "Wheat"]


def test_what_is_built_among_many_feeds_is_what_is_built_for_one_change(harness: Harness) -> None:
    tags = [f"tag-{number}" for number in range(IMPORT_THRESHOLD)]
    harness.posted(title="Wheat", tags=tags, published="2026-01-02T12:00:00Z")
    article = harness.posted(title="Rye", tags=tags[:1], published="2026-01-03T12:00:00Z")
    harness.deliver()
    written(harness)
    article = harness.changed("PATCH", article, {"title": "Oats", "tags": tags}).json
    harness.deliver()
    assert {f"/tags/{tag}/feed.atom" for tag in tags} <= set(written(harness))
    harness.changed("PATCH", article, {"title": "Barley"})
    harness.deliver()
    assert entries(harness, "/tags/tag-0/feed.json") == entries(harness, "/feed.json") == ["Barley", "Wheat"]
    assert check_all(harness.dateline) == []


def test_the_feed_of_a_tag_that_was_taken_off_loses_the_article(harness: Harness) -> None:
    article = harness.posted(title="Wheat", tags=["usa", "grain"])
    harness.deliver()
    written(harness)
    harness.changed("PATCH", article, {"tags": ["grain"]})
    harness.deliver()
    assert "/tags/usa/feed.atom" in written(harness)
    assert (entries(harness, "/tags/usa/feed.json"), entries(harness, "/tags/grain/feed.json")) == ([], ["Wheat"])


def test_an_article_leaves_the_feeds_of_its_old_day(harness: Harness) -> None:
    article = harness.posted(published="2026-01-02T12:00:00Z")
    harness.deliver()
    harness.changed("PATCH", article, {"published": "2025-06-07T12:00:00Z"})
    harness.deliver()
    assert entries(harness, "/2026/01/02/feed.json") == entries(harness, "/2026/feed.json") == []
    assert len(entries(harness, "/2025/06/07/feed.json")) == 1


def test_what_is_withdrawn_leaves_every_feed_and_the_search(harness: Harness) -> None:
    article = harness.posted(title="Wheat", tags=["usa"])
    harness.deliver()
    assert harness.get("/api/search?q=wheat").json["total"] == 1
    harness.changed("DELETE", article)
    harness.deliver()
    assert entries(harness, "/feed.json") == entries(harness, "/tags/usa/feed.json") == []
    assert harness.get("/api/search?q=wheat").json["total"] == 0


def test_drafts_and_what_is_scheduled_are_nowhere(harness: Harness) -> None:
    harness.posted(title="Wheat", status="draft", tags=["usa"])
    harness.posted(title="Wheat", published="2026-03-15", tags=["usa"])
    harness.deliver()
    assert written(harness) == ["/feed.atom"]
    assert harness.get("/api/search?q=wheat").json["total"] == 0


def test_the_same_bytes_keep_their_etag_and_their_date(harness: Harness) -> None:
    harness.posted(title="Wheat")
    harness.deliver()
    before = dict(harness.get("/feed.atom").headers)
    written(harness)
    harness.later(hours=1)
    harness.posted(title="Rye", status="draft")
    harness.archive.changes.rewind("feeds")
    harness.deliver()
    assert written(harness) == []
    assert dict(harness.get("/feed.atom").headers) == before


def test_the_date_of_a_feed_is_when_its_bytes_changed(harness: Harness) -> None:
    article = harness.posted(title="Wheat", published="2020-01-01")
    harness.later(seconds=0.25)
    harness.deliver()
    harness.later(seconds=1)
    assert harness.get("/feed.atom").headers["Last-Modified"] == "Sat, 14 Mar 2026 12:00:01 GMT"
    harness.later(days=1)
    harness.changed("DELETE", article)
    harness.deliver()
    rendition = harness.archive.renditions.get("/feed.atom")
    assert rendition is not None
    assert rendition.modified == next_second(harness.now)


@pytest.mark.parametrize(("micro", "second"), [(0, 5), (1, 6), (999_999, 6)])
def test_a_second_that_has_begun_is_over(micro: int, second: int) -> None:
    assert next_second(datetime(2026, 1, 1, 0, 0, 5, micro, UTC)) == datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)


def test_a_site_with_another_name_has_all_its_feeds_built_anew(
    harness: Harness, archive: Archive, tmp_path: Path
) -> None:
    harness.posted(tags=["usa"])
    harness.deliver()
    written(harness)
    harness.later(minutes=1)
    harness.dateline = replace(harness.dateline, site=replace(harness.dateline.site, title="Other News"))
    harness.worker = type(harness.worker)(harness.dateline)
    harness.deliver()
    assert len(written(harness)) == 5
    harness.worker = type(harness.worker)(harness.dateline)
    harness.deliver()
    assert written(harness) == []


def test_a_rebuild_of_all_feeds_that_crashes_is_repeated_by_the_next_worker(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.posted(tags=["usa"])
    harness.deliver()
    harness.archive.facts.set(BUILT_FOR, "another site")
    written(harness)

    state = harness.archive.facts.set
    feeds = next(drain for drain in harness.worker.drains if drain.name == "feeds")

    def state_and_die(name: str, value: str) -> None:
        state(name, value)
        raise KeyboardInterrupt

    monkeypatch.setattr(harness.archive.facts, "set", state_and_die)
    feeds.runner.restart()
    with pytest.raises(KeyboardInterrupt):
        feeds.runner.drain()
    cursor = harness.archive.changes.cursor("feeds")
    assert cursor is not None
    assert cursor.position == 0


@pytest.mark.parametrize("name", ["feeds", "index"])
def test_a_crash_between_the_work_and_its_cursor_does_no_harm(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    harness.posted(title="Wheat", tags=["usa"])
    runner = next(drain.runner for drain in harness.worker.drains if drain.name == name)
    runner.drain()
    harness.posted(title="Rye", tags=["usa"])
    advance = harness.archive.changes.advance

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(harness.archive.changes, "advance", die)
    with pytest.raises(KeyboardInterrupt):
        runner.drain()
    monkeypatch.setattr(harness.archive.changes, "advance", advance)
    harness.deliver()
    assert check_all(harness.dateline) == []
    assert entries(harness, "/tags/usa/feed.json") == ["Rye", "Wheat"]


def test_an_index_that_is_lost_is_built_anew(harness: Harness) -> None:
    harness.posted(title="Wheat")
    harness.deliver()
    harness.index.clear()
    harness.worker = type(harness.worker)(harness.dateline)
    harness.deliver()
    assert harness.get("/api/search?q=wheat").json["total"] == 1


def test_a_feed_is_as_long_as_it_is_set(archive: Archive, tmp_path: Path) -> None:
    assert Settings().feed_length == 50
    with open_harness(archive, tmp_path, feed_length=2) as harness:
        for title in ("One", "Two", "Three"):
            harness.later(seconds=1)
            harness.posted(title=title)
            harness.posted(title=f"{title} of a tag", tags=["usa"])
        harness.deliver()
        assert entries(harness, "/tags/usa/feed.json") == ["Three of a tag", "Two of a tag"]
        # The site's own feed extends to the newest archive document.
        assert len(entries(harness, "/feed.json")) == 6


def test_feeds_are_built_anew_when_they_are_to_carry_something_else(harness: Harness) -> None:
    harness.posted(title="Wheat", tags=["usa"], summary="Brief.")
    harness.deliver()
    assert "content_html" in harness.get("/feed.json").json["items"][0]
    harness.later(minutes=1)
    settings = replace(harness.dateline.settings, feed_content=read_content_levels("summary; /tags/usa/: full"))
    harness.dateline = replace(harness.dateline, settings=settings)
    harness.worker = type(harness.worker)(harness.dateline)
    harness.deliver()
    harness.later(minutes=1)
    [brief], [whole] = (harness.get(path).json["items"] for path in ("/feed.json", "/tags/usa/feed.json"))
    assert (brief["content_text"], "content_html" in brief) == ("Brief.", False)
    assert "content_html" in whole
    assert check_all(harness.dateline) == []


def test_searches_carry_what_they_are_set_to(archive: Archive, tmp_path: Path) -> None:
    with open_harness(archive, tmp_path, feed_content=read_content_levels("full; /search/: summary")) as harness:
        harness.posted(title="Wheat")
        harness.deliver()
        [found] = harness.get("/search/feed.json?q=wheat").json["items"]
        assert "content_html" not in found
