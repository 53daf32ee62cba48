"""The table of fields: every representation of an article has the fields of the table."""

from __future__ import annotations

from dataclasses import fields as attributes_of
from dataclasses import replace
from typing import Any

import jsonschema
import orjson
import pytest

from archive.article import Article, ContentFormat, Draft
from archive.errors import InvalidDraft
from archive.exchange.formats import jsonl, markdown
from archive.exchange.front_matter import split_front_matter
from archive.exchange.front_matter_fields import FrontMatterFields
from archive.fields.table import CONTENT_FIELDS, FIELDS, READ_ONLY, STORED, WRITABLE, Field
from archive.fields.values import nullable
from archive.serialization import from_document, to_document, writable
from archive.sql.schema import articles
from archive.validation import parse_draft
from tests.support.builders import SITE, an_article

NAMES = {field.name for field in FIELDS}
EXAMPLES = {field.name: field.example for field in FIELDS}
SOURCES = set(CONTENT_FIELDS) - {"content_html"}
each_writable = pytest.mark.parametrize("field", WRITABLE.values(), ids=list(WRITABLE))
each_field = pytest.mark.parametrize("field", FIELDS, ids=[field.name for field in FIELDS])


def an_example(content: str = "content_markdown") -> Article:
    """An article with the example value of every writable field."""
    fields: dict[str, Any] = {
        name: EXAMPLES[name] for name in WRITABLE if name not in CONTENT_FIELDS or name == content
    }
    return an_article(**fields)


# The same set of fields everywhere -----------------------------------------------------------------------


def test_names_are_unique() -> None:
    assert len(FIELDS) == len(NAMES)


def test_drafts_have_the_writable_fields_as_attributes() -> None:
    attributes = {attribute.name for attribute in attributes_of(Draft)}
    assert attributes == set(WRITABLE) - set(CONTENT_FIELDS) | {"content"}


def test_articles_have_the_stored_fields_as_attributes() -> None:
    attributes = {attribute.name for attribute in attributes_of(Article)}
    assert attributes == {field.name for field in STORED} | {"content", "was_public"}


def test_the_table_of_articles_has_the_stored_fields_as_columns() -> None:
    assert {field.name for field in STORED} <= set(articles.columns.keys())


def test_validation_accepts_the_fields_and_no_others() -> None:
    for name in NAMES - set(CONTENT_FIELDS):
        parse_draft({"content_text": "Words.", name: EXAMPLES[name]}, zone=SITE.zone)
    with pytest.raises(InvalidDraft, match="is not a field of an article; the fields are ") as refused:
        parse_draft({"content_text": "Words.", "zzzzzzzz": 1}, zone=SITE.zone)
    [problem] = refused.value.problems
    assert problem.message.partition("the fields are ")[2].split(", ") == list(WRITABLE)


@pytest.mark.parametrize("content", CONTENT_FIELDS)
def test_documents_have_the_fields_in_the_order_of_the_table(content: str) -> None:
    document = to_document(an_example(content))
    expected = [field.name for field in FIELDS if field.in_documents]
    assert list(document) == [name for name in expected if name not in SOURCES or name == content]
    assert set(writable(an_example(content))) == set(WRITABLE) - (set(CONTENT_FIELDS) - {content})


def test_json_lines_have_the_fields_of_documents() -> None:
    article = an_example()
    assert orjson.loads(jsonl.line(article)) == to_document(article)


def test_front_matter_has_the_fields_that_are_not_the_content_or_derived() -> None:
    matter, _ = split_front_matter(markdown.document(an_example()))
    assert set(matter) == {field.name for field in FIELDS if field.in_front_matter}
    assert not set(matter) & set(CONTENT_FIELDS)
    assert set(WRITABLE) - set(matter) == set(CONTENT_FIELDS)


# Every field ---------------------------------------------------------------------------------------------


@each_writable
def test_the_example_is_valid_and_described_by_the_schema(field: Field) -> None:
    jsonschema.validate(field.example, field.type.schema())
    jsonschema.validate(None, nullable(field.type.schema()))
    assert field.type.parse(field.example, SITE.zone) is not None


@each_field
def test_the_value_survives_json_and_is_described_by_the_schema(field: Field) -> None:
    article = replace(an_example(field.name if field.name in SOURCES else "content_markdown"), revision=1)
    value = field.value_of(article) if field.name != "url" else field.example
    written = field.type.to_json(value)
    jsonschema.validate(written, field.type.schema_out())
    assert field.type.from_json(written) == value


@each_field
def test_it_is_described_in_a_sentence_of_one_line(field: Field) -> None:
    assert field.description.endswith((".", "`."))
    assert "\n" not in field.description
    assert "|" not in field.description


@pytest.mark.parametrize("field", STORED, ids=[field.name for field in STORED])
def test_a_document_that_is_older_than_a_field_is_still_read(field: Field) -> None:
    document = to_document(an_example())
    del document[field.name]
    if field.nullable or field.type.empty is not None:
        assert getattr(from_document(document), field.name) == field.type.empty
    else:
        with pytest.raises(KeyError, match=field.name):
            from_document(document)


def test_parts_that_older_documents_lack_have_their_defaults() -> None:
    document = to_document(an_article(authors=["Ada"], enclosures=[{"url": "https://example.org/a"}]))
    assert document["authors"] == [{"name": "Ada", "uri": None, "email": None}]
    assert document["enclosures"] == [
        {"url": "https://example.org/a", "type": "application/octet-stream", "length": 0, "title": None}
    ]


# Names that other programs use ---------------------------------------------------------------------------


def test_an_alias_belongs_to_one_field_and_is_no_field_that_can_be_exported() -> None:
    aliases = [alias for field in FIELDS for alias in field.aliases]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & {field.name for field in FIELDS if field.in_front_matter}


@pytest.mark.parametrize(
    ("alias", "field"),
    [(alias, field) for field in FIELDS for alias in field.aliases],
    ids=lambda value: str(value)[:30],
)
def test_an_alias_is_read_as_its_field(alias: str, field: Field) -> None:
    value = EXAMPLES[field.name]
    assert FrontMatterFields({alias: value}).fields == FrontMatterFields({field.name: value}).fields


def test_read_only_fields_are_ignored_when_they_are_sent() -> None:
    sent = {name: EXAMPLES[name] for name in READ_ONLY}
    assert parse_draft({"content_text": "x", **sent}, zone=SITE.zone) == parse_draft(
        {"content_text": "x"}, zone=SITE.zone
    )


def test_contents_are_one_field_a_format() -> None:
    assert {f"content_{kind}": kind for kind in ContentFormat} == CONTENT_FIELDS
