"""Exports, and imports of them."""

from __future__ import annotations

import errno
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.article import Article
from archive.errors import InvalidDraft, StorageFull
from archive.exchange import exporter
from archive.exchange.exporter import export_articles
from archive.exchange.formats import jsonl
from archive.exchange.importer import import_paths
from archive.exchange.target_files import CannotWrite
from archive.lifecycle import compose, withdraw
from archive.sql.archive import SqlArchive
from archive.store.articles import Save
from archive.validation import parse_draft
from tests.archive.exchange.conftest import MakeArchive
from tests.archive.exchange.samples import counts, everything, reasons
from tests.support.builders import NOON, SITE, an_article

LATER = NOON + timedelta(days=1)

RICH: dict[str, Any] = {
    "title": "Wheat: 'up' & \"away\" 🌾",
    "slug": "wheat",
    "summary": "Two\nlines",
    "content_markdown": "\n\nWheat *rises*.\n\n---\n\n- a\n",
    "authors": ["Ann", {"name": "Bob", "uri": "https://bob.example/", "email": "bob@example.org"}],
    "section": "null",
    "tags": ["no", "1984", "~", "a, b", "2023-12-14"],
    "language": "pt-BR",
    "published": "2023-12-14T23:30:00.123456Z",
    "canonical_url": "https://example.org/wheat",
    "guid": "tag:example.org,2023:wheat",
    "image": "https://example.org/i.png",
    "enclosures": [{"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": 7, "title": "Sound"}],
}


def filled(archive: SqlArchive) -> list[Article]:
    """Articles of every status and content format, two of them with the same title on one day."""
    articles = [
        an_article(**RICH),
        an_article(title="Twice", published="2023-12-14"),
        an_article(title="Twice", published="2023-12-14", content_text="Plain\n\ntext\n"),
        an_article(title="Not yet", status="draft"),
        an_article(title="Not yet", status="draft", content_text=""),
        an_article(title="Not yet", status="draft", published="2023-12-14"),
        an_article(title="Not yet", status="draft", published="2023-12-14"),
        an_article(title=None, content_html=f"<h1>{'long ' * 120}</h1>", published="1999-12-31"),
        an_article(title="Planned", published="2026-12-24"),
        an_article(title="Old", published="0001-01-03"),
        an_article(title="𠀋 " + "𠀋" * 79, published="2000-01-01"),
        withdraw(an_article(title="Gone", published="1969-12-31"), now=NOON),
        withdraw(an_article(title="Never out", status="draft"), now=NOON),
    ]
    saved = [archive.articles.save(Save(article=one, expected_revision=0, number_slug=True)) for one in articles]
    mended = replace(saved[0], summary="Mended", updated=NOON - timedelta(hours=1))
    return [archive.articles.save(Save(article=mended, expected_revision=1)), *saved[1:]]


def as_restored(articles: list[Article]) -> list[Article]:
    return sorted((replace(one, revision=1, modified=LATER) for one in articles), key=lambda one: one.id)


def exported(archive: SqlArchive, kind: str, folder: Path) -> Path:
    if kind == "markdown":
        export_articles(archive, folder / "files", format_name="markdown")
        return folder / "files"
    folder.mkdir(exist_ok=True)
    export_articles(archive, folder / kind)
    return folder / kind


@pytest.mark.parametrize("kind", ["a.jsonl", "a.jsonl.gz", "markdown"])
def test_a_restore_into_an_empty_archive_gives_the_same_articles(
    tmp_path: Path, archive: SqlArchive, make_archive: MakeArchive, kind: str
) -> None:
    articles = filled(archive)
    target = exported(archive, kind, tmp_path)
    restored = make_archive()
    report = import_paths(restored, SITE, [target], now=LATER)
    assert (reasons(report), counts(report)) == ({}, (len(articles), 0, 0, 0))
    assert everything(restored) == as_restored(articles)
    again = exported(restored, kind, tmp_path / "again")
    assert counts(import_paths(restored, SITE, [again], now=LATER)) == (0, 0, len(articles), 0)


@pytest.mark.parametrize("kind", ["a.jsonl", "markdown"])
def test_an_export_changes_nothing_where_it_came_from(tmp_path: Path, archive: SqlArchive, kind: str) -> None:
    articles = filled(archive)
    report = import_paths(archive, SITE, [exported(archive, kind, tmp_path)], now=LATER)
    assert (reasons(report), counts(report)) == ({}, (0, 0, len(articles), 0))
    assert everything(archive) == sorted(articles, key=lambda one: one.id)


def test_what_changed_here_since_the_export_is_left_alone(tmp_path: Path, archive: SqlArchive) -> None:
    article = archive.articles.save(Save(article=an_article(title="Wheat"), expected_revision=0))
    export_articles(archive, tmp_path / "a.jsonl")
    archive.articles.save(Save(article=replace(article, title="Rye"), expected_revision=1))
    [reason] = reasons(import_paths(archive, SITE, [tmp_path / "a.jsonl"], now=LATER)).values()
    assert reason.startswith(f"article: {article.id} is in this archive, and differs: left unchanged")


def test_urls_stay_when_the_sites_time_zone_changes(
    tmp_path: Path, archive: SqlArchive, make_archive: MakeArchive
) -> None:
    article = archive.articles.save(Save(article=an_article(published="2023-12-14T23:30:00Z"), expected_revision=0))
    export_articles(archive, tmp_path / "a.jsonl")
    restored = make_archive()
    import_paths(restored, replace(SITE, zone=ZoneInfo("America/New_York")), [tmp_path / "a.jsonl"], now=LATER)
    assert [one.path for one in everything(restored)] == [article.path]


def test_markdown_files_are_in_folders_by_day(tmp_path: Path, archive: SqlArchive) -> None:
    for article in (an_article(**RICH), an_article(id="d-1", title="Not yet", status="draft", content_text="Hm")):
        archive.articles.save(Save(article=article, expected_revision=0))
    assert export_articles(archive, tmp_path, format_name="markdown") == 2
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "2023/12/15/wheat.md", "drafts/not-yet-d-1.md"
    ]  # fmt: skip
    wheat = (tmp_path / "2023/12/15/wheat.md").read_text()
    assert wheat.startswith("---\nid: article-")
    assert "\npublished: 2023-12-14 23:30:00.123456+00:00\n" in wheat
    assert wheat.endswith("\n---\n\n\n\nWheat *rises*.\n\n---\n\n- a\n\n")
    assert "\nformat: text\n---\n\nHm\n" in (tmp_path / "drafts/not-yet-d-1.md").read_text()


def test_a_file_that_would_stay_the_same_is_not_written_again(tmp_path: Path, archive: SqlArchive) -> None:
    filled(archive)
    export_articles(archive, tmp_path, format_name="markdown")
    before = {path: path.stat().st_ino for path in tmp_path.rglob("*.md")}
    export_articles(archive, tmp_path, format_name="markdown")
    assert {path: path.stat().st_ino for path in tmp_path.rglob("*.md")} == before


def test_the_same_archive_gives_the_same_bytes(tmp_path: Path, archive: SqlArchive) -> None:
    articles = filled(archive)
    assert export_articles(archive, tmp_path / "a.jsonl.gz") == len(articles)
    export_articles(archive, tmp_path / "b.jsonl.gz")
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    with gzip.open(tmp_path / "a.jsonl.gz", "rt") as stream:
        assert {json.loads(line)["status"] for line in stream} == {"published", "draft", "scheduled", "withdrawn"}


def test_since_leaves_out_what_is_older(tmp_path: Path, archive: SqlArchive) -> None:
    archive.articles.save(Save(article=an_article(id="old", now=NOON - timedelta(days=9)), expected_revision=0))
    archive.articles.save(Save(article=an_article(id="new"), expected_revision=0))
    assert export_articles(archive, tmp_path / "a.jsonl", since=NOON) == 1
    assert export_articles(archive, tmp_path / "files", since=NOON, format_name="markdown") == 1


def test_an_export_that_fails_leaves_the_earlier_one(
    tmp_path: Path, archive: SqlArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(archive)
    target = tmp_path / "a.jsonl.gz"
    target.write_text("earlier")

    def full(article: Article) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jsonl, "line", full)
    with pytest.raises(StorageFull):
        export_articles(archive, target)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.jsonl.gz", "earlier")]


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path, archive: SqlArchive) -> None:
    filled(archive)
    with pytest.raises(CannotWrite, match="is a folder; name a file"):
        export_articles(archive, tmp_path)
    with pytest.raises(CannotWrite, match="cannot be written: No such file or directory"):
        export_articles(archive, tmp_path / "missing" / "a.jsonl")
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="cannot be written: Not a directory"):
        export_articles(archive, tmp_path / "file", format_name="markdown")


def test_progress_counts(tmp_path: Path, archive: SqlArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(archive)
    monkeypatch.setattr(exporter, "PROGRESS_STEP", 4)
    heard: list[int] = []
    export_articles(archive, tmp_path / "a.jsonl", progress=heard.append)
    assert heard == [4, 8, 12]


# Any article --------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.one_of(
    words, st.sampled_from(["null", "~", "yes", "12", "1.5", "2023-12-14", "- a", "# b", "a: b", "{", "'", "\u2028"])
)
moments = st.datetimes(datetime(1, 1, 2), datetime(2026, 3, 14), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.isoformat()
)


@st.composite
def drawn_fields(draw: st.DrawFn) -> dict[str, Any]:
    content = draw(st.sampled_from(["content_html", "content_markdown", "content_text"]))
    return {
        content: draw(st.one_of(words, words.map(lambda text: f"<p>{text}</p>\n\n> **{text}**\n"))),
        "title": draw(st.one_of(st.none(), names)),
        "summary": draw(st.one_of(st.none(), names)),
        "section": draw(st.one_of(st.none(), names)),
        "tags": draw(st.lists(names, max_size=3)),
        "authors": draw(st.lists(names, max_size=2)),
        "status": draw(st.sampled_from(["draft", "published", "withdrawn"])),
        "published": draw(st.one_of(st.none(), moments)),
    }


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(drawn_fields(), min_size=1, max_size=4))
def test_any_articles_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, make_archive: MakeArchive, drawn: list[dict[str, Any]]
) -> None:
    archive, folder = make_archive(), tmp_path_factory.mktemp("export")
    articles = []
    for number, fields in enumerate(drawn):
        try:
            draft = parse_draft(fields, zone=SITE.zone)
        except InvalidDraft:
            continue
        article = compose(draft, article_id=f"a-{number}", now=NOON, site=SITE)
        articles.append(archive.articles.save(Save(article=article, expected_revision=0, number_slug=True)))
    for kind in ("a.jsonl", "markdown"):
        restored = make_archive()
        report = import_paths(restored, SITE, [exported(archive, kind, folder)] if articles else [], now=LATER)
        assert reasons(report) == {}
        assert everything(restored) == as_restored(articles)
