"""docs/api.md has the fields of the table of fields."""

from __future__ import annotations

import json
import re
from pathlib import Path

from archive.fields.table import FIELDS, Field
from tests.support.harness import Harness

PAGE = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")


def rows_below(heading: str) -> list[str]:
    lines = PAGE.splitlines()
    start = lines.index(heading) + 2
    return lines[start : lines.index("", start)]


def limit(field: Field) -> str:
    schema = field.type.schema()
    if "maxLength" in schema:
        return f"{schema['maxLength']:,} characters"
    items = [part["maxItems"] for part in (schema, *schema.get("anyOf", ())) if "maxItems" in part]
    return f"{items[0]:,} items" if items else ""


def test_the_writable_fields_are_listed_with_their_limits() -> None:
    assert rows_below("| field | description | limit |") == [
        f"| `{field.name}` | {field.description} | {limit(field)} |" for field in FIELDS if field.writable
    ]


def test_the_read_only_fields_are_listed() -> None:
    assert rows_below("| field | description |") == [
        f"| `{field.name}` | {field.description} |" for field in FIELDS if field.in_api and not field.writable
    ]


def test_the_example_has_the_fields_of_an_answer_in_their_order(harness: Harness) -> None:
    shown = re.search(r'^\{"id".*?\}$', PAGE, re.MULTILINE | re.DOTALL)
    assert shown is not None
    article = harness.posted(content_markdown="They *do*.")
    assert list(json.loads(shown[0])) == list(article)
