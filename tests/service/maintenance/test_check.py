"""The check finds every kind of damage, and has no findings without damage."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from archive.article import Article
from service.maintenance.check import check_all, check_index
from tests.support.builders import a_stored_article
from tests.support.harness import Harness


@pytest.fixture
def harness(harness: Harness) -> Harness:
    harness.posted(title="Wheat", slug="wheat", tags=["usa"], authors=["Ada"], published="2026-01-02T12:00:00Z")
    rye = harness.posted(title="Rye", slug="rye", tags=["usa", "canada"], published="2025-01-02T12:00:00Z")
    harness.changed("PATCH", rye, {"title": "Rye again"})
    harness.posted(title="Oats", status="draft")
    harness.changed("DELETE", harness.posted(title="Barley"))
    harness.deliver()
    return harness


def damaged(tmp_path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as database:
        for statement in statements:
            assert database.execute(statement).rowcount, statement
        database.commit()


def article_id(harness: Harness, title: str) -> str:
    return next(article.id for article in harness.archive.articles.every() if article.title == title)


def test_all_is_well(harness: Harness) -> None:
    assert check_all(harness.dateline) == []


def test_an_address_that_is_lost(harness: Harness, tmp_path: Path) -> None:
    damaged(tmp_path, "DELETE FROM addresses WHERE path LIKE '%wheat'")
    assert check_all(harness.dateline) == [
        f"archive: /2026/01/02/wheat does not resolve to article {article_id(harness, 'Wheat')}"
    ]


def test_a_state_that_is_lost(harness: Harness, tmp_path: Path) -> None:
    rye = article_id(harness, "Rye again")
    damaged(tmp_path, f"DELETE FROM revisions WHERE article_id = '{rye}'")
    assert check_all(harness.dateline) == [f"archive: article {rye} has 1 states but revision 2"]


def test_a_list_that_has_lost_an_article(harness: Harness, tmp_path: Path) -> None:
    damaged(tmp_path, f"DELETE FROM labels WHERE key = 'usa' AND article_id = '{article_id(harness, 'Wheat')}'")
    assert check_all(harness.dateline)[0] == "archive: tag usa lists 1 articles; 2 carry it"


def test_a_feed_that_is_lost(harness: Harness, tmp_path: Path) -> None:
    path = "/2026/01/02/feed.json"
    damaged(
        tmp_path,
        f"DELETE FROM rendition_codings WHERE path = '{path}'",
        f"DELETE FROM renditions WHERE path = '{path}'",
    )
    assert check_all(harness.dateline) == [f"feeds: {path} is missing; run `dateline feeds rebuild`"]


def test_a_feed_with_other_bytes(harness: Harness, tmp_path: Path) -> None:
    damaged(tmp_path, "UPDATE rendition_codings SET etag = '\"x\"' WHERE path = '/feed.rss' AND coding = 'identity'")
    assert check_all(harness.dateline) == ["feeds: /feed.rss differs from its articles; run `dateline feeds rebuild`"]


def test_an_index_that_is_behind(harness: Harness) -> None:
    new = harness.posted(title="New")
    wheat = article_id(harness, "Wheat")
    harness.ask("PATCH", f"/articles/{wheat}", {"title": "Other"}, {"If-Match": "*"})
    harness.ask("DELETE", f"/articles/{article_id(harness, 'Rye again')}", None, {"If-Match": "*"})
    harness.later(minutes=1)  # the lease and heartbeat of the worker have expired: the check does not wait
    assert sorted(check_index(harness.dateline)) == sorted(
        [
            f"index: article {new['id']} is missing",
            f"index: article {wheat} is at revision 1, not 2",
            f"index: article {article_id(harness, 'Rye again')} is indexed although it is withdrawn",
        ]
    )


def test_an_index_with_something_unknown(harness: Harness) -> None:
    harness.index.apply([a_stored_article(id="stranger")], position=harness.archive.changes.head())
    assert check_index(harness.dateline) == ["index: stranger is not an article of the archive"]


def test_an_index_that_is_gone(harness: Harness, tmp_path: Path) -> None:
    for file in (tmp_path / "search").glob("manifest*"):
        file.unlink()
    [finding] = check_all(harness.dateline)
    assert finding.endswith("; the worker rebuilds it, or run `dateline index rebuild`")


@pytest.fixture
def busy(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Articles are added and changed before and after each read of the archive; a wait for the worker runs it."""
    every = harness.archive.articles.every
    wheat, numbers = article_id(harness, "Wheat"), count(1)

    def happen() -> None:
        answer = harness.ask("PATCH", f"/articles/{wheat}", {"summary": f"Edit {next(numbers)}"}, {"If-Match": "*"})
        assert answer.status_code == 200
        harness.posted(title="New", tags=["usa", f"new {next(numbers)}"])

    def eventful() -> Iterator[Article]:
        happen()
        articles = list(every())
        happen()
        return iter(articles)

    monkeypatch.setattr(harness.archive.articles, "every", eventful)
    monkeypatch.setattr(time, "sleep", lambda _: harness.deliver())
    return harness


def test_what_happens_meanwhile_is_no_finding(busy: Harness) -> None:
    assert check_all(busy.dateline) == []


def test_what_is_wrong_is_found_whatever_happens_meanwhile(busy: Harness, tmp_path: Path) -> None:
    rye = article_id(busy, "Rye again")
    damaged(
        tmp_path,
        "DELETE FROM addresses WHERE path LIKE '%rye'",
        f"DELETE FROM revisions WHERE article_id = '{rye}'",
        "UPDATE rendition_codings SET etag = '\"x\"' WHERE path = '/2025/feed.rss' AND coding = 'identity'",
    )
    busy.index.apply([a_stored_article(id="stranger")], position=busy.archive.changes.last())
    assert check_all(busy.dateline) == [
        f"archive: /2025/01/02/rye does not resolve to article {rye}",
        f"archive: article {rye} has 1 states but revision 2",
        "index: stranger is not an article of the archive",
        "feeds: /2025/feed.rss differs from its articles; run `dateline feeds rebuild`",
    ]
