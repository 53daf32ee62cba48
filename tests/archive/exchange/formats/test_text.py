"""Plain text files: one article each, dated by its first line or by the file's modification time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.article import Content, ContentFormat
from archive.exchange.formats.text import NO_DATE
from archive.sql.archive import SqlArchive
from tests.archive.exchange.conftest import Import
from tests.archive.exchange.samples import a_file, counts, notes, reasons, the_article

BERLIN_MIDNIGHT = datetime(2023, 12, 13, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "beginning",
    [
        "date 2023-12-14 ",
        " date 2023-12-14 ",
        "\ufeffdate 2023-12-14\n",
        "\ufeff  DATE 2023-12-14\r\n",
        "Date: 2023-12-14\n\n",
        "\n\tdate\t2023-12-14\t",
        "date 2023-12-14T00:00:00+01:00 ",
    ],
)
def test_the_first_line_may_begin_with_the_date(
    tmp_path: Path, archive: SqlArchive, bring: Import, beginning: str
) -> None:
    report = bring(a_file(tmp_path / "a.txt", f"{beginning}Tides rose. More follows.\n\nSecond.\n"))
    article = the_article(archive)
    assert (article.published, article.path) == (BERLIN_MIDNIGHT, "/2023/12/14/tides-rose")
    assert (article.title, article.text) == ("Tides rose.", "Tides rose. More follows.\n\nSecond.")
    assert notes(report) == []


def test_without_a_date_the_files_own_counts_and_the_report_says_so(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    written = datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC)
    report = bring(a_file(tmp_path / "a.txt", "Dateline 2023-12-14 is no date.", modified=written))
    assert the_article(archive).published == written
    assert [(note.text, Path(note.location).name, note.count) for note in report.notes] == [(NO_DATE, "a.txt", 1)]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2023-13-45", "published: is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
        ("2023-1-5", "published: is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
        ("10000-01-01", "published: is not a date; write 2023-12-14 or 2023-12-14T09:30:00Z"),
        ("9999-12-31T23:00:00Z", "published: is outside the calendar; it must be from 0001-01-02 to 9999-12-30"),
    ],
)
def test_a_date_that_does_not_exist_is_named(tmp_path: Path, bring: Import, written: str, reason: str) -> None:
    assert reasons(bring(a_file(tmp_path / "a.txt", f"date {written} Words."))) == {"a.txt": reason}


@pytest.mark.parametrize("day", ["1066-10-14", "1969-12-31", "9999-12-31"])
def test_far_days_are_kept(tmp_path: Path, archive: SqlArchive, bring: Import, day: str) -> None:
    bring(a_file(tmp_path / "a.txt", f"date {day} Words."))
    assert str(the_article(archive).day) == day


@pytest.mark.parametrize(
    ("content", "text", "note"),
    [
        ("date 2023-12-14 Zoë’s café".encode("windows-1252"), "Zoë’s café", "not UTF-8: read as windows-1252"),
        ("date 2023-12-14 Zoë’s café".encode("utf-16"), "Zoë’s café", "not UTF-8: read as UTF-16"),
    ],
)
def test_other_encodings_are_read_and_noted(
    tmp_path: Path, archive: SqlArchive, bring: Import, content: bytes, text: str, note: str
) -> None:
    report = bring(a_file(tmp_path / "a.txt", content))
    assert (the_article(archive).text, notes(report)) == (text, [note])


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89",
        b"\x7fELF\x02\x01\x01" + bytes(64),
        bytes(range(256)) * 20,
        b"\xff\xfe\x00",
    ],
)
def test_a_binary_file_with_a_texts_name_is_refused(tmp_path: Path, bring: Import, content: bytes) -> None:
    [reason] = reasons(bring(a_file(tmp_path / "a.txt", content))).values()
    assert reason.startswith("file: is not text")


def test_control_characters_are_left_out_and_all_others_kept(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    kept = "Left \u202eright, 🦀 & ]]> and <script>alert(1)</script> " + "word " * 50
    bring(a_file(tmp_path / "a.txt", f"date 2023-12-14 {kept}\x00\x08\x1f\x0c"))
    article = the_article(archive)
    assert article.text == kept.strip()
    assert "<script>" not in article.content_html


def test_windows_line_ends_part_paragraphs(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(a_file(tmp_path / "a.txt", "date 2023-12-14\r\nOne\r\nline.\r\n\r\nTwo.\r\n"))
    assert the_article(archive).content_html == "<p>One line.</p>\n<p>Two.</p>"


@pytest.mark.parametrize("content", ["", " \n\n ", "\ufeff", "date 2023-12-14"])
def test_an_empty_file_is_an_article_named_like_the_file(
    tmp_path: Path, archive: SqlArchive, bring: Import, content: str
) -> None:
    bring(a_file(tmp_path / "Notes of May.txt", content))
    article = the_article(archive)
    assert (article.title, article.slug) == ("Notes of May", "notes-of-may")
    assert article.content == Content(ContentFormat.TEXT, "")


def test_ten_megabytes_are_too_many(tmp_path: Path, bring: Import) -> None:
    report = bring(
        a_file(tmp_path / "long.txt", "word " * 2_000_000), a_file(tmp_path / "longer.txt", bytes(2**24 + 1))
    )
    assert reasons(report) == {
        "long.txt": "content_text: has 9,999,999 characters; at most 2,000,000 are allowed",
        "longer.txt": "file: has more than 16 MiB; a file of this format is one article",
    }


def test_a_changed_file_without_a_date_keeps_its_first_date(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    first, later = datetime(2019, 5, 6, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    bring(a_file(tmp_path / "a.txt", "Old words.", modified=first))
    assert counts(bring(a_file(tmp_path / "a.txt", "Old words, mended.", modified=later))) == (0, 1, 0, 0)
    article = the_article(archive)
    assert (article.published, article.text, article.slug) == (first, "Old words, mended.", "old-words")
