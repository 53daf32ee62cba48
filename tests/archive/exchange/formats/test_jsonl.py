"""JSON Lines: one article per line."""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.exchange.formats import jsonl
from archive.sql.archive import SqlArchive
from tests.archive.exchange.conftest import Import
from tests.archive.exchange.samples import a_file, counts, everything, lines, notes, reasons, the_article, titles

WHEAT = {"id": "w-1", "title": "Wheat", "published": "2023-12-14T09:30:00Z", "content_text": "Wheat rises."}
RYE = {"id": "r-1", "title": "Rye", "published": "2023-12-13T09:30:00Z", "content_text": "Rye falls."}


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz"])
def test_one_article_a_line(tmp_path: Path, archive: SqlArchive, bring: Import, name: str) -> None:
    assert counts(bring(lines(tmp_path / name, WHEAT, "", RYE))) == (2, 0, 0, 0)
    assert titles(archive) == ["Wheat", "Rye"]


def test_the_id_of_a_line_is_not_the_articles(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(lines(tmp_path / "a.jsonl", WHEAT))
    article = the_article(archive)
    assert article.id != "w-1"
    assert article.guid.startswith("tag:news.example.org,2026-03-14:")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line: is not JSON: "),
        ('{"title": NaN}', "line: is not JSON: "),
        ("[" * 100_000, "line: is not JSON: "),
        ("[]", 'line: is not an object; write {"title": …, "content_text": …}'),
        ("7", 'line: is not an object; write {"title": …, "content_text": …}'),
        ("{}", "content_html: is missing; send one of content_html, content_markdown or content_text"),
        ('{"content_text": ""}', "title: is empty, and so is the content; an article needs one of them"),
        ('{"content_text": "\\ud83d"}', "content_text: has half a surrogate pair (U+D83D at 0)"),
        ('{"title": "\\udc00", "content_text": ""}', "title: has half a surrogate pair (U+DC00 at 0)"),
        ('{"titel": "T", "content_text": ""}', "titel: is not a field of an article; did you mean 'title'?"),
        ('{"id": [], "content_text": "a"}', "id: must be a string or a number; it names the article in later imports"),
        ('{"id": true, "content_text": "a"}', "id: must be a string or a number"),
        ('{"content_text": "a", "published": "10000-01-01"}', "published: is not a date"),
        ('{"content_text": "a", "published": 7}', "published: is a number; it must be a string"),
        ('{"content_text": "a", "guid": "x"}', "guid: 'x' is not a URI"),
        ('{"content_text": "a", "content_html": "<p>b"}', "content_html: is not the rendering of content_text"),
        ('{"content_text": "a", "created": "once"}', "created: is not a date"),
        (
            json.dumps({"content_text": "a", "tags": [str(n) for n in range(1000)]}),
            "tags: has 1,000 entries; at most 100",
        ),
        (json.dumps({"content_text": "x" * 10_000_000}), "content_text: has 10,000,000 characters; at most 2,000,000"),
    ],
)
def test_a_bad_line_names_place_and_field_and_spoils_no_other(
    tmp_path: Path, archive: SqlArchive, bring: Import, line: str, reason: str
) -> None:
    report = bring(lines(tmp_path / "a.jsonl", WHEAT, line, RYE))
    [(place, found)] = reasons(report).items()
    assert place == "a.jsonl:2"
    assert found.startswith(reason)
    assert counts(report) == (2, 0, 0, 1)
    assert titles(archive) == ["Wheat", "Rye"]


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path, bring: Import) -> None:
    report = bring(a_file(tmp_path / "a.jsonl", b'{"title": "caf\xe9", "content_text": ""}\n'))
    assert reasons(report) == {"a.jsonl:1": "line: is not UTF-8 (byte 15); JSON is always UTF-8"}


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    bring(a_file(tmp_path / "a.jsonl", f"\ufeff{json.dumps(WHEAT)}\r\n\r\n{json.dumps(RYE)}"))
    assert titles(archive) == ["Wheat", "Rye"]


def test_a_document_over_many_lines_is_one_problem(tmp_path: Path, bring: Import) -> None:
    report = bring(a_file(tmp_path / "a.jsonl", json.dumps([WHEAT, RYE], indent=1)))
    assert reasons(report) == {"a.jsonl:1": "file: is one JSON document over many lines; write one article per line"}


def test_a_line_without_end_is_refused_and_the_next_one_read(
    tmp_path: Path, archive: SqlArchive, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", 2**10)
    report = bring(lines(tmp_path / "a.jsonl", "x" * 5_000_000, WHEAT))
    assert reasons(report) == {"a.jsonl:1": "line: has more than 0 MiB; write one article per line"}
    assert titles(archive) == ["Wheat"]


def test_characters_that_xml_cannot_carry_go_and_all_others_stay(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    title = "\u202eabc 🦀 ]]> <script>x</script> & \U0010fffd"
    bring(
        lines(
            tmp_path / "a.jsonl",
            {"title": f"\x00{title}\x08\uffff", "content_html": "<p>]]>\x0b\x01<script>x</script>"},
        )
    )
    article = the_article(archive)
    assert (article.title, article.content_html) == (title, "<p>]]&gt;\n</p>")


def test_an_article_without_title_and_words_is_named_by_its_id(
    tmp_path: Path, archive: SqlArchive, bring: Import
) -> None:
    bring(lines(tmp_path / "a.jsonl", {"id": "reuters-737", "content_text": ""}))
    assert the_article(archive).title == "reuters-737"


@pytest.mark.parametrize("name", ["x" * 10_000, "line\nbreak", "nul\0", 7, -1, 2**60, "日本", "🦀", "\U0001f980" * 400])
def test_any_id_names_an_article(tmp_path: Path, archive: SqlArchive, bring: Import, name: str | int) -> None:
    path = lines(tmp_path / "a.jsonl", {**WHEAT, "id": name})
    assert counts(bring(path)) == (1, 0, 0, 0)
    assert counts(bring(path)) == (0, 0, 1, 0)


@pytest.mark.parametrize("name", [None, ""])
def test_without_an_id_the_content_names_the_article(
    tmp_path: Path, archive: SqlArchive, bring: Import, name: str | None
) -> None:
    bring(lines(tmp_path / "a.jsonl", {**WHEAT, "id": name}))
    again = json.dumps(dict(reversed({**WHEAT, "id": name}.items())), indent=None, separators=(",", ":"))
    assert counts(bring(lines(tmp_path / "b.jsonl", again))) == (0, 0, 1, 0)
    assert counts(bring(lines(tmp_path / "c.jsonl", {**WHEAT, "id": name, "title": "Other"}))) == (1, 0, 0, 0)


def test_without_a_date_the_time_of_the_import_counts(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    report = bring(
        lines(tmp_path / "a.jsonl", {"id": 1, "content_text": "a"}, {"content_text": "b", "status": "draft"})
    )
    assert notes(report) == [jsonl.NO_DATE]
    assert [article.published for article in everything(archive)] == [datetime(2026, 3, 14, 12, tzinfo=UTC), None]


@pytest.mark.parametrize("cut", [20, 0.5, -4])
def test_a_truncated_gzip_file_yields_the_lines_before_its_end(
    tmp_path: Path, archive: SqlArchive, bring: Import, cut: float
) -> None:
    stories = ({**WHEAT, "id": n, "summary": hashlib.sha256(bytes([n])).hexdigest()} for n in range(99))
    packed = gzip.compress(b"".join(json.dumps(story).encode() + b"\n" for story in stories))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed[: int(cut * len(packed)) if 0 < cut < 1 else int(cut)])
    report = bring(path)
    [(place, reason)] = reasons(report).items()
    assert place.startswith("a.jsonl.gz")
    assert reason.startswith("file: is a damaged gzip file (")
    assert (report.added == 0) == (cut == 20)


def test_a_file_that_only_calls_itself_gzip(tmp_path: Path, bring: Import) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_text(json.dumps(WHEAT))
    [reason] = reasons(bring(path)).values()
    assert reason.startswith("file: is a damaged gzip file (Not a gzipped file")


def test_a_gzip_file_that_does_not_call_itself_so(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(json.dumps(WHEAT).encode()))
    bring(path)
    assert titles(archive) == ["Wheat"]
