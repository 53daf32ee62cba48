"""Every writable field survives export and import, in every format that can do both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import singledispatch
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.article import Article
from archive.errors import InvalidDraft
from archive.exchange.formats.registry import FORMATS
from archive.exchange.importer import import_paths
from archive.exchange.item import Item
from archive.exchange.restore import exported_id, parse_item, remove_added_date, restore_dates
from archive.exchange.source_files import Source
from archive.fields.records import Items, Record
from archive.fields.table import CONTENT_FIELDS, WRITABLE
from archive.fields.values import (
    Choice,
    Count,
    Email,
    FieldType,
    Instant,
    LabelName,
    Language,
    Line,
    MediaType,
    Slug,
    Text,
    Uri,
    WebAddress,
)
from archive.fields.values import Source as SourceText
from archive.lifecycle import compose
from archive.sql.archive import SqlArchive
from archive.validation import parse_draft
from tests.archive.exchange.conftest import MakeArchive
from tests.archive.exchange.samples import counts, everything, reasons
from tests.support.builders import NOON, SITE, added

LATER = NOON + timedelta(days=1)
BOTH_WAYS = [name for name, one in FORMATS.items() if one.read is not None and one.write is not None]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
yaml_traps = st.sampled_from(
    [
        "null",
        "~",
        "yes",
        "12",
        "1.5",
        "2023-12-14",
        "- a",
        "# b",
        "a: b",
        "{",
        "'",
        "---",
        "\u2028",
        "\r",
        "\n\n",
        "---\n",
    ]
)


@singledispatch
def values(kind: FieldType[Any]) -> st.SearchStrategy[Any]:
    """Valid values of a field of this type, as clients send them."""
    raise NotImplementedError(f"the round trip needs values of {type(kind).__name__}")


@values.register(Line)
@values.register(Text)
@values.register(SourceText)
def _(kind: FieldType[str]) -> st.SearchStrategy[str]:
    return st.one_of(texts, yaml_traps, st.builds(str.__add__, texts, yaml_traps))


@values.register
def _(kind: LabelName) -> st.SearchStrategy[str]:
    return st.one_of(texts, yaml_traps).map(lambda name: f"{name}t")


@values.register
def _(kind: Slug) -> st.SearchStrategy[str]:
    return st.sampled_from(["wheat", "1984", "null", "日本", "no", "été"])


@values.register
def _(kind: Language) -> st.SearchStrategy[str]:
    return st.sampled_from(["en", "no", "pt-BR", "zh-Hant-TW"])


@values.register
def _(kind: MediaType) -> st.SearchStrategy[str]:
    return st.sampled_from(["audio/mpeg", "application/x-1"])


@values.register
def _(kind: Email) -> st.SearchStrategy[str]:
    return st.just("ann@example.org")


@values.register
def _(kind: WebAddress) -> st.SearchStrategy[str]:
    return st.sampled_from(
        ["https://example.org/a?b=c#d", "http://exämple.org/ü", "https://example.org/a: b".replace(" ", "")]
    )


@values.register
def _(kind: Uri) -> st.SearchStrategy[str]:
    return st.integers(0, 10**9).map(lambda number: f"urn:example:{number}")


@values.register
def _(kind: Choice) -> st.SearchStrategy[str]:  # type: ignore[type-arg]
    return st.sampled_from([value.value for value in kind.values])


@values.register
def _(kind: Count) -> st.SearchStrategy[int]:
    return st.integers(kind.minimum, 2**53 - 1)


@values.register
def _(kind: Instant) -> st.SearchStrategy[str]:
    earliest, latest = datetime(1, 1, 2), datetime(2026, 3, 14)  # noqa: DTZ001
    return st.datetimes(earliest, latest, timezones=st.just(UTC)).map(datetime.isoformat)


@values.register
def _(kind: Record) -> st.SearchStrategy[dict[str, Any]]:  # type: ignore[type-arg]
    parts = {part.name: values(part.type) for part in kind.parts}
    required = {kind.required: parts.pop(kind.required)}
    return st.fixed_dictionaries(required, optional=parts)


@values.register
def _(kind: Items) -> st.SearchStrategy[list[Any]]:
    return st.lists(values(kind.of), max_size=3)


fields = st.builds(
    lambda content, source, others: {content: source, **others},
    st.sampled_from(list(CONTENT_FIELDS)),
    values(WRITABLE["content_html"].type),
    st.fixed_dictionaries(
        {}, optional={name: values(field.type) for name, field in WRITABLE.items() if name not in CONTENT_FIELDS}
    ),
)


def composed(given: dict[str, Any], article_id: str) -> Article | None:
    """The article composed from these fields; None if they are not valid together."""
    try:
        draft = parse_draft(given, zone=SITE.zone)
    except InvalidDraft:
        return None
    return compose(draft, article_id=article_id, now=NOON, site=SITE)


def imported(item: object) -> Article:
    """The article that an import of this item into an empty archive adds."""
    assert isinstance(item, Item), item
    draft = parse_item(item.fields, zone=SITE.zone, fallback_title=item.fallback_title)
    article = compose(draft, article_id=exported_id(item.fields) or "none", now=NOON, site=SITE)
    return restore_dates(remove_added_date(article, item.fields), item.fields, now=NOON, zone=SITE.zone)


@pytest.mark.parametrize("format_name", BOTH_WAYS)
@settings(
    max_examples=settings().max_examples * 3 // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(given=fields)
def test_every_field_survives_export_and_import(
    tmp_path_factory: pytest.TempPathFactory, format_name: str, given: dict[str, Any]
) -> None:
    article = composed(given, "a-1")
    if article is None:
        return
    one, target = FORMATS[format_name], tmp_path_factory.mktemp("export") / "target"
    assert one.write is not None
    assert one.read is not None
    one.write(iter([article]), target)
    [file] = [target] if target.is_file() else [path for path in target.rglob("*") if path.is_file()]
    [item] = one.read(Source(file, str(file)))
    assert imported(item) == article


@pytest.mark.parametrize("format_name", BOTH_WAYS)
def test_parts_of_authors_and_enclosures_survive_a_restore(
    tmp_path: Path, archive: SqlArchive, make_archive: MakeArchive, format_name: str
) -> None:
    article = added(
        archive,
        authors=["Ann", {"name": "Bob", "role": "contributor"}, {"name": "Cy", "uri": "https://cy.example/"}],
        enclosures=[{"url": "https://example.org/a.mp3", "length": 7, "duration": 60, "title": "1984"}],
    )
    write = FORMATS[format_name].write
    assert write is not None
    write(archive.articles.every(), tmp_path / "target")
    restored = make_archive()
    report = import_paths(restored, SITE, [tmp_path / "target"], now=LATER, format_name=format_name)
    assert (reasons(report), counts(report)) == ({}, (1, 0, 0, 0))
    [again] = everything(restored)
    assert (again.authors, again.enclosures) == (article.authors, article.enclosures)
    assert counts(import_paths(archive, SITE, [tmp_path / "target"], now=LATER, format_name=format_name)) == (
        0,
        0,
        1,
        0,
    )
