"""The API described for programs (OpenAPI 3.1), from the very tables and limits that the code uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

import orjson
from flask import Blueprint, Response

from archive import validation
from archive.article import ContentFormat, Role, Status
from archive.search.index import MOST_PER_PAGE, Sort
from archive.slugs import SLUG_LENGTH
from service.search import FACETS
from service.settings import Settings
from service.web.api import articles
from service.web.errors import STATUS, TITLES

Schema = dict[str, Any]

MEDIA_TYPE: Final = "application/json"
# What every call below /admin/ may answer, beside what is its own.
_OF_ALL: Final = (401, 403, 500, 503)
_OF_WRITING: Final = (400, 409, 413, 415, 422, 507)
_OF_CHANGING: Final = (404, 412, 428)


def openapi_blueprint(settings: Settings) -> Blueprint:
    """`/openapi.json`."""
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        body = orjson.dumps(document(settings.max_article))
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600"}
        return Response(body, content_type=MEDIA_TYPE, headers=headers)

    return blueprint


@cache
def document(max_article: int) -> Schema:
    """The whole description; `max_article` is the most bytes that an article may have."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dateline",
            "version": version("dateline"),
            "summary": "Dated articles: added, changed, withdrawn and found.",
            "description": (
                f"An article has at most {max_article:,} bytes as JSON. Errors are problem documents (RFC 9457) "
                "whose `code` is stable: programs may rely on it, people read `detail`."
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
                    "replaceArticle", "Replaces an article: what is not said is as if it never was.", "Draft"
                ),
                "patch": _change("patchArticle", "Changes some fields (RFC 7396); null takes one away.", "Patch"),
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
                "token": {"type": "http", "scheme": "bearer", "description": "`dateline token create` makes one."}
            },
        },
    }


# Calls ------------------------------------------------------------------------------------------------


def _create() -> Schema:
    return _operation(
        "createArticle",
        "Adds an article, and answers once it is stored.",
        responses={201: _article_response("The article as it was stored.", located=True)},
        errors=_OF_WRITING,
        parameters=[
            _header("Idempotency-Key", "A repeat with the same key and body gives the article of the first.", _key())
        ],
        body=_body("Draft"),
    )


def _create_many() -> Schema:
    return _operation(
        "createArticles",
        "Adds many articles, one JSON object a line; a bad line spoils no other.",
        responses={
            200: _response("One result for each line, in order.", "Result", "application/x-ndjson", of="string")
        },
        errors=(400,),
        body={"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}},
    )


def _find() -> Schema:
    parameters = [
        _query("status", f"One or more of {', '.join(Status)}, parted by commas; all without it.", {"type": "string"}),
        _query("q", "A part of title or slug.", {"type": "string", "maxLength": articles.MAX_WORDS_CHARACTERS}),
        _query("cursor", "What the page before gave as `next`.", {"type": "string"}),
        _query("limit", "Articles on a page.", _number(1, articles.MAX_LISTED, articles.LISTED)),
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
        "Gives an article of any status.",
        responses={200: _article_response("The article."), 304: {"description": "It has not changed."}},
        errors=(404, 412),
        parameters=[_header("If-None-Match", "ETags of what the caller has.", {"type": "string"})],
    )


def _change(name: str, summary: str, schema: str) -> Schema:
    return _operation(
        name,
        summary,
        responses={200: _article_response("The article as it is now.")},
        errors=(*_OF_WRITING, *_OF_CHANGING),
        parameters=[
            _if_match(),
            _query(
                "minor",
                "Whether readers need not hear of the change: `updated` stays, and feed readers do not show the "
                "article again.",
                {"type": "string", "enum": ["true", "false"], "default": "false"},
            ),
        ],
        body=_body(schema),
    )


def _withdraw() -> Schema:
    return _operation(
        "withdrawArticle",
        "Takes an article off the air: its page answers 410 from then on, and nothing is deleted.",
        responses={200: _article_response("The article as it is now.")},
        errors=(409, 507, *_OF_CHANGING),
        parameters=[_if_match()],
    )


def _history() -> Schema:
    return _operation(
        "readRevisions",
        "Gives every state that an article has had, newest first.",
        responses={200: _response("The history.", "History")},
        errors=(404,),
    )


def _search() -> Schema:
    day = {"type": "string", "pattern": r"^\s*([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?\s*$"}
    parameters = [
        _query("q", "What to look for, as people type it; any text is valid.", {"type": "string"}),
        *(_query(name, f"Only this {name}, by name or key.", _line(200)) for name in ("section", "tag", "author")),
        _query("language", "Only articles with this language tag, in any case.", _line(200)),
        _query("from", "The first day, month or year.", day),
        _query("to", "The last day, month or year.", day),
        _query("sort", "The order.", {"type": "string", "enum": list(Sort), "default": Sort.RELEVANCE}),
        _query("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1}),
        _query("per_page", "Results on a page.", _number(1, MOST_PER_PAGE, 10)),
    ]
    return _operation(
        "search",
        "Searches what is published; without `q` it browses, newest first.",
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
        "Says that the process is alive.",
        tag="operations",
        responses={200: {"description": "It is.", "content": {MEDIA_TYPE: {"schema": status}}}},
        errors=(),
        security=[],
    )


def _ready() -> Schema:
    return _operation(
        "ready",
        "Says whether the site can be read, and how its parts are.",
        tag="operations",
        responses={200: _response("It can.", "Readiness"), 503: _response("It cannot.", "Readiness")},
        errors=(),
        security=[],
    )


# Schemas ----------------------------------------------------------------------------------------------


def _schemas() -> Schema:
    return {
        "Draft": {
            "type": "object",
            "description": "An article as it is sent. Null counts as not given.",
            "properties": _draft_properties(),
            "additionalProperties": False,
            "anyOf": [_given(name) for name in validation.CONTENT_FIELDS],
            "not": {"anyOf": _pairs(list(validation.CONTENT_FIELDS))},
        },
        "Patch": {
            "type": "object",
            "description": "Fields to change. What is null is taken away.",
            "properties": _draft_properties(),
            "additionalProperties": False,
        },
        "Article": _article(),
        "Page": _object({"articles": _list_of("Article"), "next": _nullable({"type": "string"})}),
        "History": _object({"revisions": _list_of("Revision")}),
        "Revision": _object(
            {
                "revision": {"type": "integer", "minimum": 1},
                "saved": _instant(),
                "by": {"type": "string", "description": "The name of the token that it came by."},
                "article": _reference("Article"),
            }
        ),
        "Result": _object(
            {
                "line": {"type": "integer", "minimum": 1},
                "status": {"type": "integer"},
                "id": {"type": "string"},
                "guid": {"type": "string"},
                "url": _nullable({"type": "string"}),
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
    most = dict.fromkeys(ContentFormat, validation.MOST_CONTENT) | {ContentFormat.MARKDOWN: validation.MOST_MARKDOWN}
    about = {
        ContentFormat.HTML: "HTML; scripts, frames and forms are taken out.",
        ContentFormat.MARKDOWN: "CommonMark with tables.",
        ContentFormat.TEXT: "Plain text; empty lines part paragraphs.",
    }
    fields: Schema = {
        "title": _line(validation.MOST_TITLE) | {"description": "Taken from the content where it is missing."},
        "slug": _line(SLUG_LENGTH) | {"description": "Letters, digits and hyphens; made from the title where missing."},
        "summary": _line(validation.MOST_SUMMARY),
        **{
            name: {"type": ["string", "null"], "maxLength": most[kind], "description": about[kind]}
            for name, kind in validation.CONTENT_FIELDS.items()
        },
        "authors": {
            "anyOf": [_some(_author_in(), validation.MOST_AUTHORS), *_author_in()["anyOf"], {"type": "null"}],
        },
        "section": _line(validation.MOST_NAME),
        "tags": {"anyOf": [_some(_line(validation.MOST_NAME), validation.MOST_TAGS), _line(validation.MOST_NAME)]},
        "language": {"type": ["string", "null"], "description": "A language tag (RFC 5646); the site's by default."},
        "published": {
            "type": ["string", "null"],
            "description": "RFC 3339, or a date, which means its midnight where the site is. In the future: scheduled.",
        },
        "status": {"enum": [*Status, None], "default": Status.PUBLISHED},
        "canonical_url": _address() | {"description": "Where the article first appeared."},
        "guid": {
            "type": ["string", "null"],
            "maxLength": validation.MOST_GUID,
            "description": "A URI that names the article for ever; made where it is missing, and then fixed.",
        },
        "image": _address(),
        "enclosures": {"anyOf": [_some(_enclosure_in(), validation.MOST_ENCLOSURES), {"type": "null"}]},
    }
    assert set(fields) == set(validation.WRITABLE)  # noqa: S101  # whoever adds a field describes it here
    ignored = {name: {"description": "Not the sender's to say; ignored."} for name in sorted(validation.READ_ONLY)}
    return fields | ignored


def _author_in() -> Schema:
    named = _object(
        {
            "name": _line(validation.MOST_NAME),
            "uri": _address(),
            "email": _line(validation.MOST_NAME),
            "role": {"enum": [*Role, None], "description": "Author where missing."},
        },
        required=("name",),
    )
    return {"anyOf": [_line(validation.MOST_NAME), named | {"additionalProperties": False}]}


def _enclosure_in() -> Schema:
    properties = {
        "url": _address(),
        "type": _line(validation.MOST_NAME) | {"description": "A media type; application/octet-stream where missing."},
        "length": {"type": ["integer", "null"], "minimum": 0, "exclusiveMaximum": 2**53, "description": "Bytes."},
        "title": _line(validation.MOST_TITLE),
        "duration": {
            "type": ["integer", "null"],
            "minimum": 0,
            "exclusiveMaximum": 2**53,
            "description": "Seconds that a recording plays.",
        },
    }
    return _object(properties, required=("url",)) | {"additionalProperties": False}


def _article() -> Schema:
    text, nullable = {"type": "string"}, _nullable({"type": "string"})
    author = _object(
        {"name": text, "uri": nullable, "email": nullable, "role": {"enum": list(Role)}},
        required=("name", "uri", "email"),
    )
    enclosure = _object(
        {
            "url": text,
            "type": text,
            "length": {"type": "integer"},
            "title": nullable,
            "duration": {"type": "integer"},
        },
        required=("url", "type", "length", "title"),
    )
    always: Schema = {
        "id": text,
        "guid": {**text, "description": "Permanent, in feeds too."},
        "revision": {"type": "integer", "minimum": 1},
        "status": {"enum": list(Status)},
        "title": text,
        "slug": text,
        "url": nullable | {"description": "Where readers find it; null for a draft."},
        "summary": nullable,
        "content_html": text,
        "authors": {"type": "array", "items": author},
        "section": nullable,
        "tags": {"type": "array", "items": text},
        "language": text,
        "published": _nullable(_instant()),
        "updated": _instant(),
        "created": _instant(),
        "modified": _instant(),
        "day": _nullable({"type": "string", "format": "date"}),
        "canonical_url": nullable,
        "image": nullable,
        "enclosures": {"type": "array", "items": enclosure},
    }
    sources = {f"content_{kind}": text for kind in (ContentFormat.MARKDOWN, ContentFormat.TEXT)}
    return _object(always | sources, required=always) | {"additionalProperties": False}


def _search_results() -> Schema:
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    result = _object(
        {
            "id": text,
            "url": text,
            "title": text,
            "published": _nullable(_instant()),
            "authors": {"type": "array", "items": text},
            "section": _nullable(text),
            "tags": {"type": "array", "items": text},
            "language": text,
            "score": {"type": "number"},
            "snippet_html": {"type": "string", "description": "Safe HTML; <mark> stands around what was found."},
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
            "suggestion": _nullable(text),
            "notes": {"type": "array", "items": text},
            "results": {"type": "array", "items": result},
            "facets": {
                "type": "object",
                "description": "How many results there are of each value under the other filters, the most frequent first.",
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
    of_all = _OF_ALL if security is None else ()
    statuses: dict[int, Schema] = {status: _error(status) for status in (*of_all, *errors)}
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
        headers["Location"] = {"description": "Where the article is.", "schema": {"type": "string"}}
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
    description = "The ETag of the revision that was changed, or `*` for whatever is there."
    return _header("If-Match", description, {"type": "string"})


def _key() -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": articles.MAX_KEY_CHARACTERS}


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


def _line(most: int) -> Schema:
    return {"type": ["string", "null"], "maxLength": most}


def _address() -> Schema:
    return {
        "type": ["string", "null"],
        "maxLength": validation.MOST_URL,
        "description": "https:// or http://",
    }


def _number(least: int, most: int, default: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, "default": default}


def _instant() -> Schema:
    return {"type": "string", "format": "date-time"}


def _nullable(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _some(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _reference(name)}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _given(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"type": "string"}}}


def _pairs(names: list[str]) -> list[Schema]:
    """Two sources of one article. HTML may come beside what it was rendered from, which a schema cannot say."""
    return [
        {"allOf": [_given(one), _given(other)]}
        for position, one in enumerate(names)
        for other in names[position + 1 :]
        if "content_html" not in (one, other)
    ]
