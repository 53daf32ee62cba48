"""Import in every format: new, changed, edited and unreadable items."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.article import Article, Status
from archive.errors import DatelineError, StorageFull
from archive.exchange import report as reporting
from archive.exchange.path_reader import total_bytes
from archive.exchange.report import Progress
from archive.lifecycle import release, withdraw
from archive.sql.archive import SqlArchive
from archive.store.articles import Save
from tests.archive.exchange.conftest import Import
from tests.archive.exchange.samples import a_file, counts, everything, lines, notes, reasons, the_article, titles
from tests.support.builders import NOON, an_article

WHEAT = {"id": "w-1", "title": "Wheat", "published": "2023-12-14T09:30:00Z", "content_text": "Wheat rises."}
LATER = NOON + timedelta(days=1)


def wheat(number: int) -> dict[str, str]:
    return {**WHEAT, "id": f"w-{number}", "title": f"Wheat {number}"}


# The same again -----------------------------------------------------------------------------------------


def test_the_same_again_writes_nothing(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    a_file(tmp_path / "a.txt", "date 2023-12-14 Text")
    a_file(tmp_path / "b.md", "---\ndate: 2023-12-14\n---\nMarkdown")
    lines(tmp_path / "c.jsonl", WHEAT)
    assert counts(bring(tmp_path)) == (3, 0, 0, 0)
    head = archive.changes.head()
    assert counts(bring(tmp_path, now=LATER)) == (0, 0, 3, 0)
    assert archive.changes.head() == head


def test_what_changed_in_its_source_is_revised(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(lines(tmp_path / "a.jsonl", WHEAT))
    before = the_article(archive)
    assert counts(bring(lines(tmp_path / "a.jsonl", {**WHEAT, "title": "Rye"}), now=LATER)) == (0, 1, 0, 0)
    assert the_article(archive) == replace(before, title="Rye", revision=2, updated=LATER, modified=LATER)
    assert counts(bring(tmp_path / "a.jsonl")) == (0, 0, 1, 0)


def test_what_its_source_has_taken_back_is_updated_when_it_comes_again(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    for days, status in enumerate(("published", "draft", "published")):
        bring(lines(tmp_path / "a.jsonl", {**WHEAT, "status": status}), now=NOON + timedelta(days=days))
    assert (the_article(archive).revision, the_article(archive).updated) == (3, NOON + timedelta(days=2))


def test_a_line_that_says_nothing_new_changes_nothing(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(lines(tmp_path / "a.jsonl", WHEAT))
    assert counts(bring(lines(tmp_path / "a.jsonl", {**WHEAT, "tags": []}))) == (0, 0, 1, 0)
    assert the_article(archive).revision == 1


def test_what_was_edited_here_is_left_alone(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(lines(tmp_path / "a.jsonl", WHEAT))
    imported = the_article(archive)
    archive.articles.save(Save(article=replace(imported, title="By hand", modified=LATER), expected_revision=1))
    assert counts(bring(tmp_path / "a.jsonl")) == (0, 0, 1, 0)
    report = bring(lines(tmp_path / "a.jsonl", {**WHEAT, "title": "Rye"}))
    [reason] = reasons(report).values()
    assert reason.startswith(f"article: {imported.id} was edited here since it was imported")
    assert reason.endswith("make the change here, or import it under another name or id as a separate article")
    assert the_article(archive).title == "By hand"


def test_what_was_withdrawn_here_stays_withdrawn(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(lines(tmp_path / "a.jsonl", WHEAT))
    archive.articles.save(Save(article=withdraw(the_article(archive), now=LATER), expected_revision=1))
    assert counts(bring(lines(tmp_path / "a.jsonl", {**WHEAT, "title": "Rye"}))) == (0, 0, 0, 1)
    assert the_article(archive).status is Status.WITHDRAWN


def test_a_release_is_not_an_edit(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    planned = {**WHEAT, "published": "2026-03-14T18:00:00Z"}
    bring(lines(tmp_path / "a.jsonl", planned))
    archive.articles.save(Save(article=release(the_article(archive), now=LATER), expected_revision=1))
    assert counts(bring(lines(tmp_path / "a.jsonl", {**planned, "title": "Rye"}), now=LATER)) == (0, 1, 0, 0)
    assert (the_article(archive).title, the_article(archive).status) == ("Rye", Status.PUBLISHED)


def test_two_sources_that_count_from_one_do_not_overwrite_each_other(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    bring(lines(tmp_path / "a.jsonl", {**WHEAT, "id": 1}))
    other = {"id": 1, "title": "Rye", "published": "2020-01-01", "content_text": "Rye falls."}
    [reason] = reasons(bring(lines(tmp_path / "b.jsonl", other))).values()
    assert "the id was imported before for 'Wheat'" in reason
    assert titles(archive) == ["Wheat"]


def test_an_id_used_for_two_articles_is_reported(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = lines(tmp_path / "a.jsonl", WHEAT, {**WHEAT, "title": "Rye"}, WHEAT)
    assert counts(bring(path)) == (1, 0, 1, 1)
    report = bring(path, now=LATER)
    assert counts(report) == (0, 0, 2, 1)
    assert reasons(report) == {"a.jsonl:2": f"id: is also the id of another article, at {path}:1"}
    assert titles(archive) == ["Wheat"]


# Files that move ----------------------------------------------------------------------------------------


def test_a_file_that_moved_is_recognised_by_its_words(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    old = a_file(tmp_path / "old" / "a.txt", "date 2023-12-14 Text.")
    bring(old)
    old.rename(tmp_path / "b.txt")
    report = bring(tmp_path / "b.txt", now=LATER)
    assert counts(report) == (0, 0, 1, 0)
    assert notes(report) == ["the archive already has this article, from another file: not imported"]


def test_a_copy_in_the_same_folder_is_taken_once(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    a_file(tmp_path / "a.txt", "date 2023-12-14 Text.")
    a_file(tmp_path / "b.txt", "date 2023-12-14 Text.")
    assert counts(bring(tmp_path)) == (1, 0, 1, 0)
    assert counts(bring(tmp_path)) == (0, 0, 2, 0)


def test_a_file_is_the_same_packed_and_from_elsewhere(
    tmp_path: Path, archive: SqlArchive, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(a_file(tmp_path / "a.txt", "date 2023-12-14 Text."))
    (tmp_path / "a.txt").unlink()
    a_file(tmp_path / "a.txt.gz", "date 2023-12-14 Text.")
    monkeypatch.chdir(tmp_path)
    assert counts(bring(Path("a.txt.gz"))) == (0, 0, 1, 0)


def test_files_of_the_same_name_in_two_folders_are_two(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    a_file(tmp_path / "x" / "a.txt", "date 2023-12-14 One.")
    a_file(tmp_path / "y" / "a.txt", "date 2023-12-14 Two.")
    assert counts(bring(tmp_path / "x")) == (1, 0, 0, 0)
    assert counts(bring(tmp_path / "y")) == (1, 0, 0, 0)


# Addresses and guids ------------------------------------------------------------------------------------


def test_articles_with_the_same_address_are_numbered(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    report = bring(lines(tmp_path / "a.jsonl", WHEAT, {**WHEAT, "id": 2}, {**WHEAT, "id": 3, "slug": "wheat"}))
    assert [article.slug for article in everything(archive)] == ["wheat", "wheat-2", "wheat-3"]
    assert notes(report) == ["slug 'wheat' is taken on that day: numbered"]


def test_a_numbered_article_keeps_its_number(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    second = {**WHEAT, "id": 2, "slug": "wheat"}
    bring(lines(tmp_path / "a.jsonl", WHEAT, second))
    assert counts(bring(lines(tmp_path / "a.jsonl", WHEAT, {**second, "summary": "New"}))) == (0, 1, 1, 0)
    assert [article.slug for article in everything(archive)] == ["wheat", "wheat-2"]


def test_a_guid_that_another_article_has_is_refused(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    guid = "tag:example.org,2020:1"
    archive.articles.save(Save(article=an_article(guid=guid), expected_revision=0))
    report = bring(lines(tmp_path / "a.jsonl", {**WHEAT, "guid": guid}, wheat(2)))
    assert reasons(report) == {
        "a.jsonl:1": f"guid: another article already has the guid {guid!r}; a guid names one article for ever"
    }
    assert counts(report) == (1, 0, 0, 1)


# Folders and files --------------------------------------------------------------------------------------


def test_folders_are_walked_by_name_and_everything_else_is_skipped(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    for name in ("b/2.txt", "a.TXT", "b/1.md", "c.text.gz"):
        a_file(tmp_path / name, f"words of {name}", modified=NOON)
    for name in (".hidden.txt", ".git/x.txt", "photo.jpeg", "README", "a.txt~"):
        a_file(tmp_path / name, "no")
    os.mkfifo(tmp_path / "pipe.txt")
    report = bring(tmp_path)
    assert counts(report) == (4, 0, 0, 0)
    assert report.skipped == 6
    assert [article.text for article in everything(archive)] == [
        "words of a.TXT", "words of b/1.md", "words of b/2.txt", "words of c.text.gz"
    ]  # fmt: skip


def test_links_that_lead_round_in_circles_are_followed_once(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    a_file(tmp_path / "x" / "a.txt", "date 2023-12-14 Text.")
    (tmp_path / "x" / "loop").symlink_to(tmp_path)
    (tmp_path / "y").symlink_to(tmp_path / "x")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    report = bring(tmp_path)
    assert (counts(report), report.skipped) == ((1, 0, 0, 0), 3)


def test_what_cannot_be_read_is_named(tmp_path: Path, bring: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    a_file(tmp_path / "in" / "good.txt", "date 2023-12-14 Text.")
    locked = a_file(tmp_path / "in" / "locked.txt", "x")
    (tmp_path / "in" / "dangling.txt").symlink_to(tmp_path / "nowhere")
    a_file(tmp_path / "strange.xyz", "x")
    really_open = Path.open

    def open_or_refuse(path: Path, *arguments: object, **options: object) -> object:
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return really_open(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_or_refuse)
    report = bring(tmp_path / "in", tmp_path / "strange.xyz", tmp_path / "missing.txt")
    assert counts(report) == (1, 0, 0, 4)
    assert reasons(report) == {
        "dangling.txt": "file: is a link to a file that does not exist",
        "locked.txt": "file: cannot be read: Permission denied",
        "strange.xyz": "file: its format cannot be determined from its name; give one of the formats: text, markdown, jsonl",
        "missing.txt": "file: there is no such file or folder",
    }


def test_a_named_format_reads_its_files_and_those_without_a_suffix(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    a_file(tmp_path / "note", "date 2023-12-14 One.")
    a_file(tmp_path / "a.txt", "date 2023-12-14 Two.")
    a_file(tmp_path / "b.md", "Three.")
    named = a_file(tmp_path / "c.log", "date 2023-12-14 Four.")
    assert counts(bring(tmp_path, format_name="text")) == (2, 0, 0, 0)
    assert counts(bring(named, format_name="text")) == (1, 0, 0, 0)


def test_names_that_are_no_utf8_are_shown_escaped(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.txt"))
    a_file(path, "")
    assert counts(bring(tmp_path)) == (1, 0, 0, 0)
    assert counts(bring(tmp_path)) == (0, 0, 1, 0)
    assert the_article(archive).title == "caf\\xe9\\n"


# Long imports -------------------------------------------------------------------------------------------


class Interrupted(Exception):
    pass


def test_an_import_that_was_stopped_goes_on_where_it_was(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = lines(tmp_path / "a.jsonl.gz", *map(wheat, range(450)))

    def stop(progress: Progress) -> None:
        if progress.report.added >= 400:
            raise Interrupted

    with pytest.raises(Interrupted):
        bring(path, progress=stop)
    assert len(everything(archive)) == 400
    assert counts(bring(path)) == (50, 0, 400, 0)
    assert len({article.title for article in everything(archive)}) == 450


def test_a_batch_that_fails_leaves_nothing_behind(
    tmp_path: Path, archive: SqlArchive, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines(tmp_path / "a.jsonl", *map(wheat, range(300)))
    really_save = archive.articles.save_all
    batches = []

    def full(saves: Sequence[Save]) -> list[Article | DatelineError]:
        batches.append(len(saves))
        if len(batches) == 2:
            raise StorageFull("no space is left")
        return really_save(saves)

    monkeypatch.setattr(archive.articles, "save_all", full)
    with pytest.raises(StorageFull):
        bring(path)
    assert (batches, len(everything(archive))) == ([200, 100], 200)
    assert counts(bring(path)) == (100, 0, 200, 0)


def test_progress_reports_location_bytes_and_counts(tmp_path: Path, bring: Import) -> None:
    a_file(tmp_path / "a.txt", "date 2023-12-14 Text.")
    lines(tmp_path / "b.jsonl", *map(wheat, range(250)))
    heard: list[tuple[str, int, int]] = []
    bring(tmp_path, progress=lambda now: heard.append((Path(now.location).name, now.bytes_read, now.report.added)))
    assert [(place, added) for place, _, added in heard] == [("b.jsonl:199", 200), ("b.jsonl:250", 251)]
    assert heard[-1][1] == total_bytes([tmp_path])


@pytest.mark.slow
def test_large_items_make_small_batches(
    tmp_path: Path, archive: SqlArchive, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines(tmp_path / "a.jsonl", *({**wheat(n), "content_text": "x" * 1_900_000} for n in range(9)))
    batches: list[int] = []
    really_save = archive.articles.save_all

    def counting_save(saves: Sequence[Save]) -> object:
        batches.append(len(saves))
        return really_save(saves)

    monkeypatch.setattr(archive.articles, "save_all", counting_save)
    bring(path)
    assert batches == [5, 4]


def test_a_dry_run_counts_and_saves_nothing(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = lines(tmp_path / "a.jsonl", WHEAT, "{", {**WHEAT, "id": 2})
    report = bring(path, dry_run=True)
    assert counts(report) == (2, 0, 0, 1)
    assert (everything(archive), archive.changes.head()) == ([], 0)
    assert counts(bring(path)) == counts(report)


def test_a_long_list_of_failures_is_cut_but_counted(
    tmp_path: Path, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "MAX_LISTED", 3)
    report = bring(lines(tmp_path / "a.jsonl", WHEAT, *["{"] * 10))
    assert (len(report.failed), report.unlisted, report.failures, report.items) == (3, 7, 10, 11)


def test_revisions_record_the_importer_and_the_time(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    line = {**WHEAT, "created": "2023-12-01", "updated": "2023-12-20T00:00:00Z"}
    bring(lines(tmp_path / "a.jsonl", line), by="Ann", new_id=lambda: "an-id")
    article = the_article(archive)
    assert archive.articles.history("an-id")[0].by == "Ann"
    assert (article.created, article.updated, article.modified) == (
        datetime(2023, 11, 30, 23, tzinfo=UTC), datetime(2023, 12, 20, tzinfo=UTC), NOON
    )  # fmt: skip
