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
from tests.support.office import Office


@pytest.fixture
def office(office: Office) -> Office:
    office.posted(title="Wheat", slug="wheat", tags=["usa"], authors=["Ada"], published="2026-01-02T12:00:00Z")
    rye = office.posted(title="Rye", slug="rye", tags=["usa", "canada"], published="2025-01-02T12:00:00Z")
    office.changed("PATCH", rye, {"title": "Rye again"})
    office.posted(title="Oats", status="draft")
    office.changed("DELETE", office.posted(title="Barley"))
    office.deliver()
    return office


def damaged(tmp_path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(tmp_path / "dateline.db")) as database:
        for statement in statements:
            assert database.execute(statement).rowcount, statement
        database.commit()


def article_id(office: Office, title: str) -> str:
    return next(article.id for article in office.archive.articles.every() if article.title == title)


def test_all_is_well(office: Office) -> None:
    assert check_all(office.dateline) == []


def test_an_address_that_is_lost(office: Office, tmp_path: Path) -> None:
    damaged(tmp_path, "DELETE FROM addresses WHERE path LIKE '%wheat'")
    assert check_all(office.dateline) == [
        f"archive: /2026/01/02/wheat does not lead to article {article_id(office, 'Wheat')}"
    ]


def test_a_state_that_is_lost(office: Office, tmp_path: Path) -> None:
    rye = article_id(office, "Rye again")
    damaged(tmp_path, f"DELETE FROM revisions WHERE article_id = '{rye}'")
    assert check_all(office.dateline) == [f"archive: article {rye} has 1 states but revision 2"]


def test_a_list_that_has_lost_an_article(office: Office, tmp_path: Path) -> None:
    damaged(tmp_path, f"DELETE FROM labels WHERE key = 'usa' AND article_id = '{article_id(office, 'Wheat')}'")
    assert check_all(office.dateline)[0] == "archive: tag usa lists 1 articles; 2 carry it"


def test_a_feed_that_is_lost(office: Office, tmp_path: Path) -> None:
    path = "/2026/01/02/feed.json"
    damaged(
        tmp_path,
        f"DELETE FROM rendition_codings WHERE path = '{path}'",
        f"DELETE FROM renditions WHERE path = '{path}'",
    )
    assert check_all(office.dateline) == [f"feeds: {path} is missing; `dateline feeds rebuild` makes it"]


def test_a_feed_with_other_bytes(office: Office, tmp_path: Path) -> None:
    damaged(tmp_path, "UPDATE rendition_codings SET etag = '\"x\"' WHERE path = '/feed.rss' AND coding = 'identity'")
    assert check_all(office.dateline) == ["feeds: /feed.rss is not what its articles give; `dateline feeds rebuild`"]


def test_an_index_that_is_behind(office: Office) -> None:
    new = office.posted(title="New")
    wheat = article_id(office, "Wheat")
    office.ask("PATCH", f"/articles/{wheat}", {"title": "Other"}, {"If-Match": "*"})
    office.ask("DELETE", f"/articles/{article_id(office, 'Rye again')}", None, {"If-Match": "*"})
    office.later(minutes=1)  # the lease and heartbeat of the worker have expired: the check does not wait
    assert sorted(check_index(office.dateline)) == sorted(
        [
            f"index: article {new['id']} is missing",
            f"index: article {wheat} is at revision 1, not 2",
            f"index: article {article_id(office, 'Rye again')} is found though it is withdrawn",
        ]
    )


def test_an_index_with_something_unknown(office: Office) -> None:
    office.index.apply([a_stored_article(id="stranger")], position=office.archive.changes.head())
    assert check_index(office.dateline) == ["index: stranger is no article"]


def test_an_index_that_is_gone(office: Office, tmp_path: Path) -> None:
    for file in (tmp_path / "search").glob("manifest*"):
        file.unlink()
    [finding] = check_all(office.dateline)
    assert finding.endswith("; the worker rebuilds it, or `dateline index rebuild`")


@pytest.fixture
def busy(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Articles are added and changed before and after each read of the archive; a wait for the worker runs it."""
    every = office.archive.articles.every
    wheat, numbers = article_id(office, "Wheat"), count(1)

    def happen() -> None:
        answer = office.ask("PATCH", f"/articles/{wheat}", {"summary": f"Edit {next(numbers)}"}, {"If-Match": "*"})
        assert answer.status_code == 200
        office.posted(title="New", tags=["usa", f"new {next(numbers)}"])

    def eventful() -> Iterator[Article]:
        happen()
        articles = list(every())
        happen()
        return iter(articles)

    monkeypatch.setattr(office.archive.articles, "every", eventful)
    monkeypatch.setattr(time, "sleep", lambda _: office.deliver())
    return office


def test_what_happens_meanwhile_is_no_finding(busy: Office) -> None:
    assert check_all(busy.dateline) == []


def test_what_is_wrong_is_found_whatever_happens_meanwhile(busy: Office, tmp_path: Path) -> None:
    rye = article_id(busy, "Rye again")
    damaged(
        tmp_path,
        "DELETE FROM addresses WHERE path LIKE '%rye'",
        f"DELETE FROM revisions WHERE article_id = '{rye}'",
        "UPDATE rendition_codings SET etag = '\"x\"' WHERE path = '/2025/feed.rss' AND coding = 'identity'",
    )
    busy.index.apply([a_stored_article(id="stranger")], position=busy.archive.changes.last())
    assert check_all(busy.dateline) == [
        f"archive: /2025/01/02/rye does not lead to article {rye}",
        f"archive: article {rye} has 1 states but revision 2",
        "index: stranger is no article",
        "feeds: /2025/feed.rss is not what its articles give; `dateline feeds rebuild`",
    ]
