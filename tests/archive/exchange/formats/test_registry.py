"""The table of formats: one entry makes a format known to import and export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.article import Article
from archive.exchange.exporter import export_articles
from archive.exchange.formats.format import Format
from archive.exchange.formats.registry import AUTO, FORMATS, UnknownFormat, exportable, importable, reader_of
from archive.exchange.item import Item, Unreadable, digest_of, origin_key
from archive.exchange.source_files import Source
from archive.serialization import to_document
from archive.sql.archive import SqlArchive
from tests.archive.exchange.conftest import Import
from tests.archive.exchange.samples import a_file, counts, reasons, titles


def read_toy(source: Source) -> Iterator[Item | Unreadable]:
    """One article per line: `id|date|title`; the text of the article is its title."""
    for line in source.lines(1_000):
        name, published, title = (line or b"").decode().rstrip("\n").split("|")
        yield Item(
            location=source.location,
            key=origin_key("guid", name),
            digest=digest_of(line or b""),
            fields={"guid": name, "published": published, "title": title, "content_text": title},
            size=len(line or b""),
        )


def write_toy(articles: Iterator[Article], target: Path) -> None:
    documents = map(to_document, articles)
    target.write_text("".join("{guid}|{published}|{title}\n".format(**document) for document in documents))


TOY = Format(name="toy", description="a toy", suffixes=(".toy",), read=read_toy, write=write_toy)
TOY_FILE = "urn:toy:1|2023-12-14T09:30:00Z|Wheat\nurn:toy:2|2023-12-15T09:30:00Z|Rye\n"


@pytest.fixture
def _with_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, TOY.name, TOY)


@pytest.mark.usefixtures("_with_toy")
@pytest.mark.parametrize("format_name", [AUTO, "toy"])
def test_a_registered_format_is_imported_and_exported(
    tmp_path: Path, archive: SqlArchive, bring: Import, format_name: str
) -> None:
    path = a_file(tmp_path / "in" / "a.toy", TOY_FILE)
    assert counts(bring(path, format_name=format_name)) == (2, 0, 0, 0)
    assert titles(archive) == ["Rye", "Wheat"]
    assert counts(bring(tmp_path / "in", format_name=format_name)) == (0, 0, 2, 0)
    assert export_articles(archive, tmp_path / "out.toy", format_name="toy") == 2
    assert (tmp_path / "out.toy").read_text() == TOY_FILE
    assert counts(bring(tmp_path / "out.toy", format_name=format_name)) == (0, 0, 2, 0)


def test_an_unregistered_format_is_unknown(tmp_path: Path, archive: SqlArchive, bring: Import) -> None:
    path = a_file(tmp_path / "a.toy", TOY_FILE)
    with pytest.raises(UnknownFormat, match="'toy' is not a known format; the formats are text, markdown, jsonl"):
        bring(path, format_name="toy")
    with pytest.raises(UnknownFormat, match="'toy' is not a known format; the formats are markdown, jsonl"):
        export_articles(archive, tmp_path / "out.toy", format_name="toy")
    [reason] = reasons(bring(path)).values()
    assert reason.endswith("give one of the formats: text, markdown, jsonl")


def test_a_format_that_is_only_read_cannot_be_exported(tmp_path: Path, archive: SqlArchive) -> None:
    assert "text" in importable()
    assert "text" not in exportable()
    with pytest.raises(UnknownFormat, match="'text' is not a known format"):
        export_articles(archive, tmp_path / "a.txt", format_name="text")


def test_every_format_is_named_as_in_the_table_described_and_can_be_used() -> None:
    for name, one in FORMATS.items():
        assert (one.name, bool(one.description)) == (name, True)
        assert one.read is not None or one.write is not None
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in one.suffixes)
    suffixes = [suffix for one in FORMATS.values() for suffix in one.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_a_suffix_is_read_in_any_case() -> None:
    for one in importable().values():
        for suffix in one.suffixes:
            assert reader_of(f"A{suffix.upper()}", AUTO) is one.read
    assert reader_of("a.toy", AUTO) is None
