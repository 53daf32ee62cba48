"""The OpenAPI description is valid, complete and correct."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from archive.fields import table
from archive.fields.records import MAX_TAGS
from service.settings import Settings
from service.web.api.openapi import document
from service.web.app import create_app
from tests.support.harness import Harness

BY_NAME = {field.name: field for field in table.FIELDS}
DESCRIBED = document(Settings().max_article)


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]}


def test_it_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(DESCRIBED).validate()


def test_it_is_served_to_everybody(harness: Harness) -> None:
    answer = harness.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == DESCRIBED
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_it_describes_every_call_of_the_programs_part(harness: Harness) -> None:
    described = {
        (method.upper(), path)
        for path, operations in DESCRIBED["paths"].items()
        for method in operations
        if method != "parameters"
    }
    routed = {
        (method, rule.rule.replace("<article_id>", "{id}"))
        for rule in create_app(harness.dateline).url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith(("/admin/articles", "/api/", "/healthz", "/readyz"))
    }
    assert described == {(method, path) for method, path in routed if method not in ("HEAD", "OPTIONS")}


def test_its_fields_are_those_of_the_table() -> None:
    schemas = DESCRIBED["components"]["schemas"]
    for name in ("Draft", "Patch"):
        assert set(schemas[name]["properties"]) == {field.name for field in table.FIELDS}
    in_answers = {field.name: field for field in table.FIELDS if field.in_api}
    assert set(schemas["Article"]["properties"]) == set(in_answers)
    assert schemas["Article"]["required"] == [name for name, field in in_answers.items() if not field.optional]
    for name, field in table.WRITABLE.items():
        assert schemas["Draft"]["properties"][name]["description"] == field.description
        jsonschema.validate(field.example, schemas["Draft"]["properties"][name])


@pytest.mark.parametrize("content", table.CONTENT_FIELDS)
def test_the_examples_are_an_article_that_is_accepted(harness: Harness, content: str) -> None:
    sent = {name: one.example for name, one in table.WRITABLE.items() if name not in table.CONTENT_FIELDS}
    sent[content] = table.WRITABLE[content].example
    jsonschema.validate(sent, schema("Draft"))
    article = harness.posted(**sent)
    jsonschema.validate(article, schema("Article"))
    assert set(article) == {
        name for name, one in BY_NAME.items() if one.in_api and (not one.optional or name == content)
    }


def test_its_limits_are_those_of_the_code() -> None:
    fields = DESCRIBED["components"]["schemas"]["Draft"]["properties"]
    assert fields["title"]["maxLength"] == table.MAX_TITLE
    assert fields["content_html"]["maxLength"] == table.MAX_CONTENT
    assert fields["content_markdown"]["maxLength"] == table.MAX_MARKDOWN
    assert fields["tags"]["anyOf"][0]["maxItems"] == MAX_TAGS


@pytest.mark.parametrize("content", ["content_html", "content_markdown", "content_text"])
def test_what_goes_out_is_as_described_and_may_come_back(harness: Harness, content: str) -> None:
    article = harness.posted(**{content: "Words."}, authors=["Ada"], published="2026-03-20")
    jsonschema.validate(article, schema("Article"))
    jsonschema.validate(article, schema("Draft"))
    jsonschema.validate(harness.ask("GET", "/articles").json, schema("Page"))
    jsonschema.validate(harness.ask("GET", f"/articles/{article['id']}/revisions").json, schema("History"))
    jsonschema.validate(harness.get("/readyz").json, schema("Readiness"))
    jsonschema.validate(harness.post(title=7).json, schema("Problem"))


def test_a_search_is_as_described(harness: Harness) -> None:
    harness.posted(title="Wheat", tags=["usa"], section="grain", authors=["Ada"])
    harness.deliver()
    jsonschema.validate(harness.get("/api/search?q=wheat").json, schema("SearchResults"))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"title": "x"},
        {"content_text": None},
        {"content_text": "x", "content_markdown": "y"},
        {"content_text": "x", "titel": "y"},
        {"content_text": "x", "tags": ["t"] * 101},
        {"content_text": "x", "status": "gone"},
        {"content_text": "x", "authors": [{"uri": "https://x.example/"}]},
        {"content_text": "x", "enclosures": [{"type": "audio/mpeg"}]},
    ],
)
def test_what_is_described_as_wrong_is_refused(harness: Harness, sent: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(sent, schema("Draft"))
    assert harness.ask("POST", "/articles", sent).status_code == 422
