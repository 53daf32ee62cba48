"""The OpenAPI 3.1 description of the API, made from the tables and limits that the code uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

from flask import Blueprint, Response

from archive.article import Status
from archive.fields.table import CONTENT_FIELDS, FIELDS, READ_ONLY, WRITABLE
from archive.fields.values import MAX_NAME, Schema, nullable
from archive.search.index import MAX_PER_PAGE, Sort
from service.dateline import Dateline
from service.search import FACETS, MAX_PAGES
from service.web.api import parameters as limits
from service.web.errors import STATUS, TITLES
from service.web.json import to_json

MEDIA_TYPE: Final = "application/json"
# Error statuses of every call below /admin/, of those that write, and of those that change an article.
_COMMON_ERRORS: Final = (401, 403, 500, 503)
_WRITE_ERRORS: Final = (400, 409, 413, 415, 422, 507)
_CHANGE_ERRORS: Final = (404, 412, 428)


def openapi_blueprint(dateline: Dateline) -> Blueprint:
    """`/openapi.json`."""
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        body = to_json(document(dateline.settings.max_article))
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600"}
        return Response(body, content_type=MEDIA_TYPE, headers=headers)

    return blueprint


@cache
def document(max_article: int) -> Schema:
    """The whole description; `max_article` is the limit of an article in bytes."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dateline",
            "version": version("dateline"),
            "summary": "Adds, changes, withdraws and finds dated articles.",
            "description": (
                f"An article has at most {max_article:,} bytes as JSON. Errors are problem documents (RFC 9457) "
                "whose `code` is stable, for programs; `detail` is for people."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in ("articles", "search", "operations")],
        "paths": {
            "/admin/articles": {"get": _find(), "post": _create()},
            "/admin/articles/batch": {"post": _create_many()},
            "/admin/articles/{id}": {
                "parameters": [_article_id()],
                "get": _read(),
                "put": _change(
                    "replaceArticle", "Replaces an article: fields that are not given get their defaults.", "Draft"
                ),
                "patch": _change("patchArticle", "Changes the given fields (RFC 7396); null removes a value.", "Patch"),
                "delete": _withdraw(),
            },
            "/admin/articles/{id}/revisions": {"parameters": [_article_id()], "get": _history()},
            "/api/search": {"get": _search()},
            "/healthz": {"get": _alive()},
            "/readyz": {"get": _ready()},
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Created by `dateline token create`."}
            },
        },
    }


# Calls ------------------------------------------------------------------------------------------------


def _create() -> Schema:
    return _operation(
        "createArticle",
        "Adds an article. The response is sent once it is stored.",
        responses={201: _article_response("The stored article.", located=True)},
        errors=_WRITE_ERRORS,
        parameters=[
            _header(
                "Idempotency-Key",
                "A repeat with the same key and body returns the article of the first request.",
                _key(),
            )
        ],
        body=_body("Draft"),
    )


def _create_many() -> Schema:
    return _operation(
        "createArticles",
        "Adds many articles, one JSON object a line. A line with an error does not affect the others.",
        responses={
            200: _response("One result for each line, in order.", "Result", "application/x-ndjson", of="string")
        },
        errors=(400,),
        body={"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}},
    )


def _find() -> Schema:
    parameters = [
        _query(
            "status", f"One or more of {', '.join(Status)}, separated by commas; all if missing.", {"type": "string"}
        ),
        _query("q", "A part of the title or slug.", {"type": "string", "maxLength": limits.MAX_WORDS_CHARACTERS}),
        _query("cursor", "The `next` of the page before.", {"type": "string"}),
        _query("limit", "Articles on a page.", _number(1, limits.MAX_LISTED, limits.DEFAULT_LISTED)),
    ]
    return _operation(
        "findArticles",
        "Lists articles, newest first.",
        responses={200: _response("One page.", "Page")},
        errors=(400,),
        parameters=parameters,
    )


def _read() -> Schema:
    return _operation(
        "readArticle",
        "Returns an article of any status.",
        responses={200: _article_response("The article."), 304: {"description": "It has not changed."}},
        errors=(404, 412),
        parameters=[_header("If-None-Match", "The ETags of the revisions that the client has.", {"type": "string"})],
    )


def _change(name: str, summary: str, schema: str) -> Schema:
    return _operation(
        name,
        summary,
        responses={200: _article_response("The changed article.")},
        errors=(*_WRITE_ERRORS, *_CHANGE_ERRORS),
        parameters=[
            _if_match(),
            _query(
                "minor",
                "Whether the change is minor: `updated` stays, so that feed readers do not show the article again.",
                {"type": "string", "enum": ["true", "false"], "default": "false"},
            ),
        ],
        body=_body(schema),
    )


def _withdraw() -> Schema:
    return _operation(
        "withdrawArticle",
        "Withdraws an article: its page answers 410 from then on; nothing is deleted.",
        responses={200: _article_response("The changed article.")},
        errors=(409, 507, *_CHANGE_ERRORS),
        parameters=[_if_match()],
    )


def _history() -> Schema:
    return _operation(
        "readRevisions",
        "Returns every revision of an article, newest first.",
        responses={200: _response("The revisions.", "History")},
        errors=(404,),
    )


def _search() -> Schema:
    day = {"type": "string", "pattern": r"^\s*([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?\s*$"}
    parameters = [
        _query("q", "The query, as people type it; any text is valid.", {"type": "string"}),
        *(_query(name, f"Only this {name}, by name or key.", _line(MAX_NAME)) for name in ("section", "tag", "author")),
        _query("language", "Only articles with this language tag, in any case.", _line(MAX_NAME)),
        _query("from", "The first day, month or year.", day),
        _query("to", "The last day, month or year.", day),
        _query("sort", "The order.", {"type": "string", "enum": list(Sort), "default": Sort.RELEVANCE}),
        _query("page", "Which page, from 1.", _number(1, MAX_PAGES, 1)),
        _query("per_page", "Results on a page.", _number(1, MAX_PER_PAGE, 10)),
    ]
    return _operation(
        "search",
        "Searches the published articles; without `q` it lists them, newest first.",
        tag="search",
        responses={200: _response("One page of results.", "SearchResults")},
        errors=(400, 503),
        parameters=parameters,
        security=[],
    )


def _alive() -> Schema:
    status = {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}
    return _operation(
        "alive",
        "Reports that the process is alive.",
        tag="operations",
        responses={200: {"description": "It is alive.", "content": {MEDIA_TYPE: {"schema": status}}}},
        errors=(),
        security=[],
    )


def _ready() -> Schema:
    return _operation(
        "ready",
        "Reports whether the site can be read, and the status of its parts.",
        tag="operations",
        responses={200: _response("It can be read.", "Readiness"), 503: _response("It cannot be read.", "Readiness")},
        errors=(),
        security=[],
    )


# Schemas ----------------------------------------------------------------------------------------------


def _schemas() -> Schema:
    return {
        "Draft": {
            "type": "object",
            "description": "An article as a client sends it. Null means that a field is not given.",
            "properties": _draft_properties(),
            "additionalProperties": False,
            "anyOf": [_given(name) for name in CONTENT_FIELDS],
            "not": {"anyOf": _pairs(list(CONTENT_FIELDS))},
        },
        "Patch": {
            "type": "object",
            "description": "Fields to change. Null removes a value.",
            "properties": _draft_properties(),
            "additionalProperties": False,
        },
        "Article": _article(),
        "Page": _object({"articles": _list_of("Article"), "next": nullable({"type": "string"})}),
        "History": _object({"revisions": _list_of("Revision")}),
        "Revision": _object(
            {
                "revision": {"type": "integer", "minimum": 1},
                "saved": _instant(),
                "by": {"type": "string", "description": "The name of the token that saved it."},
                "article": _reference("Article"),
            }
        ),
        "Result": _object(
            {
                "line": {"type": "integer", "minimum": 1},
                "status": {"type": "integer"},
                "id": {"type": "string"},
                "guid": {"type": "string"},
                "url": nullable({"type": "string"}),
                "revision": {"type": "integer"},
                "problem": _reference("Problem"),
            },
            required=("line", "status"),
        ),
        "SearchResults": _search_results(),
        "Readiness": _readiness(),
        "Problem": _problem(),
    }


def _draft_properties() -> Schema:
    writable = {
        field.name: nullable(field.type.schema()) | {"description": field.description, "examples": [field.example]}
        for field in WRITABLE.values()
    }
    ignored = {name: {"description": "Read-only; ignored in requests."} for name in sorted(READ_ONLY)}
    return writable | ignored


def _article() -> Schema:
    fields = [field for field in FIELDS if field.in_api]
    properties = {
        field.name: (nullable(field.type.schema_out()) if field.nullable else field.type.schema_out())
        | {"description": field.description}
        for field in fields
    }
    required = [field.name for field in fields if not field.optional]
    return _object(properties, required=required) | {"additionalProperties": False}


def _search_results() -> Schema:
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    result = _object(
        {
            "id": text,
            "url": text,
            "title": text,
            "published": nullable(_instant()),
            "authors": {"type": "array", "items": text},
            "section": nullable(text),
            "tags": {"type": "array", "items": text},
            "language": text,
            "score": {"type": "number"},
            "snippet_html": {
                "type": "string",
                "description": "Safe HTML with <mark> around the words of the query.",
            },
        }
    )
    facet = {"type": "array", "items": _object({"value": text, "count": count})}
    return _object(
        {
            "query": text,
            "total": count,
            "page": {"type": "integer", "minimum": 1},
            "pages": count,
            "per_page": {"type": "integer", "minimum": 1},
            "took_ms": {"type": "number"},
            "suggestion": nullable(text),
            "notes": {"type": "array", "items": text},
            "results": {"type": "array", "items": result},
            "facets": {
                "type": "object",
                "description": "The number of results with each value under the other filters, the most frequent first.",
                "properties": dict.fromkeys(FACETS, facet),
                "required": list(FACETS),
            },
        }
    )


def _readiness() -> Schema:
    part = _object({"status": {"enum": ["ok", "behind", "down"]}}) | {"additionalProperties": True}
    return _object(
        {
            "status": {"enum": ["ok", "degraded", "down"]},
            "parts": {"type": "object", "additionalProperties": part},
        }
    )


def _problem() -> Schema:
    codes = sorted({kind.code for kind, _ in STATUS} | {"bad_request"})
    error = _object({"field": {"type": "string"}, "message": {"type": "string"}})
    return _object(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "description": f"Stable: {', '.join(codes)} and others."},
            "errors": {"type": "array", "items": error},
        },
        required=("type", "title", "status", "detail"),
    )


# Pieces -----------------------------------------------------------------------------------------------


def _operation(
    name: str,
    summary: str,
    *,
    responses: Mapping[int, Schema],
    errors: Iterable[int],
    tag: str = "articles",
    parameters: Iterable[Schema] = (),
    body: Schema | None = None,
    security: list[Schema] | None = None,
) -> Schema:
    common = _COMMON_ERRORS if security is None else ()
    statuses: dict[int, Schema] = {status: _error(status) for status in (*common, *errors)}
    statuses |= responses
    operation: Schema = {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": {str(status): statuses[status] for status in sorted(statuses)},
        "security": [{"token": []}] if security is None else security,
    }
    return operation if body is None else operation | {"requestBody": body}


def _error(status: int) -> Schema:
    title = TITLES.get(status) or HTTPStatus(status).phrase
    return _response(f"{title}.", "Problem", "application/problem+json")


def _response(description: str, schema: str, media_type: str = MEDIA_TYPE, *, of: str | None = None) -> Schema:
    shape: Schema = _reference(schema)
    if of is not None:
        shape = {"type": of, "description": f"Each line is a {schema}."}
    return {"description": description, "content": {media_type: {"schema": shape}}}


def _article_response(description: str, *, located: bool = False) -> Schema:
    etag = {"description": "The revision; send it back as If-Match.", "schema": {"type": "string"}}
    headers = {"ETag": etag}
    if located:
        headers["Location"] = {"description": "The URL of the article in this API.", "schema": {"type": "string"}}
    return _response(description, "Article") | {"headers": headers}


def _body(schema: str) -> Schema:
    return {"required": True, "content": {MEDIA_TYPE: {"schema": _reference(schema)}}}


def _article_id() -> Schema:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
    }


def _if_match() -> Schema:
    description = "The ETag of the revision that the change is based on, or `*` for any."
    return _header("If-Match", description, {"type": "string"})


def _key() -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": limits.MAX_KEY_CHARACTERS}


def _header(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _object(properties: Schema, *, required: Iterable[str] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(properties if required is None else required),
        "properties": properties,
    }


def _line(maximum: int) -> Schema:
    return {"type": ["string", "null"], "maxLength": maximum}


def _number(minimum: int, maximum: int, default: int) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, "default": default}


def _instant() -> Schema:
    return {"type": "string", "format": "date-time"}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _reference(name)}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _given(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"type": "string"}}}


def _pairs(names: list[str]) -> list[Schema]:
    """Pairs of contents that exclude each other. HTML may be sent with the source that it was rendered from, which a
    schema cannot express."""
    return [
        {"allOf": [_given(one), _given(other)]}
        for position, one in enumerate(names)
        for other in names[position + 1 :]
        if "content_html" not in (one, other)
    ]
