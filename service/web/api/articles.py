"""The admin API: articles in and out as JSON (docs/api.md)."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import orjson
from flask import Blueprint, Response, g, request

from archive.article import Article, Draft, Status
from archive.errors import (
    DatelineError,
    InvalidDraft,
    InvalidQuery,
    Problem,
    RevisionConflict,
    StorageFull,
    Unavailable,
)
from archive.fields.table import WRITABLE
from archive.fields.values import MAX_NAME
from archive.serialization import to_document
from archive.site import Site
from archive.store.articles import RequestKey
from archive.store.listings import ArticleQuery
from service.auth import Caller, Gate, Scope
from service.dateline import Dateline
from service.http.conditional import Outcome, entity_tags, evaluate, matches
from service.web.errors import BadRequest, problem_document
from service.web.json import to_json
from service.web.pagination import cursor_of, read_cursor

MAX_LISTED = 200
LISTED = 50
READ_AT_ONCE = 65_536  # bytes
BATCH = 100  # lines of a batch in one transaction: one commit costs 2 ms, an article in it 0.5 ms
MAX_KEY_CHARACTERS = 255  # characters of an Idempotency-Key
MAX_WORDS_CHARACTERS = 200  # characters of a listing's `q`
MAX_FIELDS = 100  # of an article: four times what it has; thousands would each be told what it might mean


def admin_blueprint(dateline: Dateline) -> Blueprint:
    """Everything below /admin/, for callers with a token."""
    blueprint = Blueprint("admin", __name__, url_prefix="/admin")
    gate = Gate(dateline.archive, dateline.settings)
    views = _Views(dateline)

    @blueprint.before_request
    def admit() -> None:
        wanted = Scope.READ if request.method in ("GET", "HEAD") else Scope.WRITE
        g.caller = gate.admit(request.headers.get("Authorization"), wanted)

    @blueprint.after_request
    def keep_private(response: Response) -> Response:
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization"
        return response

    rules: Sequence[tuple[str, str, Callable[..., Response]]] = (
        ("POST", "/articles", views.create),
        ("GET", "/articles", views.find),
        ("POST", "/articles/batch", views.create_many),
        ("GET", "/articles/<article_id>", views.read),
        ("PUT", "/articles/<article_id>", views.replace),
        ("PATCH", "/articles/<article_id>", views.patch),
        ("DELETE", "/articles/<article_id>", views.withdraw),
        ("GET", "/articles/<article_id>/revisions", views.history),
    )
    for method, rule, view in rules:
        blueprint.add_url_rule(rule, view_func=view, methods=[method], endpoint=view.__name__)
    return blueprint


class _Views:
    def __init__(self, dateline: Dateline) -> None:
        self.archive = dateline.archive
        self.publisher = dateline.publisher
        self.site = dateline.site
        self.largest = dateline.settings.max_article

    def create(self) -> Response:
        body = self._body()
        draft = self.publisher.parse(_fields(body))
        article = self.publisher.submit(draft, by=_caller().name, request=_request_key(body))
        response = self._article(article, status=201)
        response.headers["Location"] = self.site.absolute(f"/admin/articles/{article.id}")
        return response

    def create_many(self) -> Response:
        """NDJSON in, NDJSON out: one result for each line, in order, as soon as its transaction is committed."""
        by = _caller().name
        stream = io.BufferedReader(_Body(request.stream), READ_AT_ONCE)
        results = self._batch(_lines(stream, self.largest), by)
        return Response(results, content_type="application/x-ndjson")

    def find(self) -> Response:
        query = _listing_query(request.args)
        found = self.archive.listings.find(replace(query, limit=query.limit + 1))
        shown = found[: query.limit]
        return _json(
            {
                "articles": [article_document(article, self.site) for article in shown],
                "next": cursor_of(shown[-1]) if len(found) > len(shown) else None,
            }
        )

    def read(self, article_id: str) -> Response:
        article = self.archive.articles.get(article_id)
        etag = revision_etag(article.revision)
        condition = request.headers.get("If-Match")
        outcome = evaluate(
            etag=etag,
            modified=None,
            if_match=condition,
            if_none_match=request.headers.get("If-None-Match"),
        )
        if outcome is Outcome.NOT_MODIFIED:
            return Response(status=304, headers={"ETag": etag})
        if outcome is Outcome.FAILED:
            raise _conflict(article, condition or "")
        return self._article(article)

    def replace(self, article_id: str) -> Response:
        expected = self._expected_revision(article_id)
        draft = self.publisher.parse(_fields(self._body()))
        return self._article(
            self.publisher.replace(
                article_id, draft, expected_revision=expected, by=_caller().name, minor=_is_minor(request.args)
            )
        )

    def patch(self, article_id: str) -> Response:
        expected = self._expected_revision(article_id)
        changes = _fields(self._body())
        return self._article(
            self.publisher.patch(
                article_id, changes, expected_revision=expected, by=_caller().name, minor=_is_minor(request.args)
            )
        )

    def withdraw(self, article_id: str) -> Response:
        expected = self._expected_revision(article_id)
        return self._article(self.publisher.withdraw(article_id, expected_revision=expected, by=_caller().name))

    def history(self, article_id: str) -> Response:
        return _json(
            {
                "revisions": [
                    {
                        "revision": revision.article.revision,
                        "saved": to_document(revision.article)["modified"],
                        "by": revision.by,
                        "article": article_document(revision.article, self.site),
                    }
                    for revision in self.archive.articles.history(article_id)
                ]
            }
        )

    def _article(self, article: Article, *, status: int = 200) -> Response:
        response = _json(article_document(article, self.site), status=status)
        response.headers["ETag"] = revision_etag(article.revision)
        return response

    def _body(self) -> bytes:
        length = request.content_length
        if length is not None and length > self.largest:
            _too_large(self.largest)
        body = request.stream.read(self.largest + 1)
        if len(body) > self.largest:
            _too_large(self.largest)
        if request.mimetype and "json" not in request.mimetype:
            raise BadRequest(f"the body is {request.mimetype}; send application/json", status=415)
        return body

    def _expected_revision(self, article_id: str) -> int | None:
        """The revision that If-Match names; None for `*`, which means whatever is there."""
        condition = request.headers.get("If-Match")
        if condition is None:
            article = self.archive.articles.get(article_id)
            raise BadRequest(
                f"say which revision you changed: `If-Match: {revision_etag(article.revision)}` "
                "with the ETag of the article as you read it",
                status=428,
            )
        article = self.archive.articles.get(article_id)
        if condition.strip() == "*":
            return None
        if not matches(condition, revision_etag(article.revision), weakly=False):
            raise _conflict(article, condition)
        return article.revision

    def _batch(self, lines: Iterator[tuple[int, bytes | None]], by: str) -> Iterator[bytes]:
        waiting: list[tuple[int, Draft | DatelineError]] = []
        for number, line in lines:
            waiting.append((number, self._parsed(line)))
            if len(waiting) >= BATCH:
                yield from self._submitted(waiting, by)
                waiting = []
        if waiting:
            yield from self._submitted(waiting, by)

    def _parsed(self, line: bytes | None) -> Draft | DatelineError:
        try:
            if line is None:
                _too_large(self.largest)
            return self.publisher.parse(_fields(line))
        except DatelineError as error:
            return error

    def _submitted(self, waiting: Sequence[tuple[int, Draft | DatelineError]], by: str) -> Iterator[bytes]:
        drafts = [draft for _, draft in waiting if isinstance(draft, Draft)]
        outcomes: Iterator[Article | DatelineError]
        try:
            outcomes = iter(self.publisher.submit_all(drafts, by=by) if drafts else [])
        except (StorageFull, Unavailable) as error:
            outcomes = iter([error] * len(drafts))
        for number, parsed in waiting:
            outcome = next(outcomes) if isinstance(parsed, Draft) else parsed
            yield to_json(self._result(number, outcome)) + b"\n"

    def _result(self, number: int, outcome: Article | DatelineError) -> dict[str, Any]:
        if isinstance(outcome, DatelineError):
            problem = problem_document(outcome)
            return {"line": number, "status": problem["status"], "problem": problem}
        document = article_document(outcome, self.site)
        return {
            "line": number,
            "status": 201,
            "id": outcome.id,
            "guid": outcome.guid,
            "url": document["url"],
            "revision": outcome.revision,
        }


def article_document(article: Article, site: Site) -> dict[str, Any]:
    """The article as the API gives it: its document, with `url` for the path."""
    document = to_document(article)
    path = document.pop("path")
    document["url"] = None if path is None else site.absolute(path)
    return document


def revision_etag(revision: int) -> str:
    return f'"{revision}"'


def _conflict(article: Article, condition: str) -> RevisionConflict:
    """With the first revision that an If-Match names; 0 where it names none."""
    named = [tag.strip('"') for tag in entity_tags(condition)]
    expected = next((int(tag) for tag in named if tag.isascii() and tag.isdigit() and len(tag) < 10), 0)
    return RevisionConflict(article.id, expected=expected, found=article.revision)


def _caller() -> Caller:
    caller: Caller = g.caller
    return caller


def _json(document: Mapping[str, Any], *, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, content_type="application/json")


def _too_large(largest: int) -> NoReturn:
    raise BadRequest(f"an article may have {largest:,} bytes at most; DATELINE_MAX_ARTICLE allows more", status=413)


def _fields(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises BadRequest for what is no JSON, InvalidDraft for no object."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        fields = _lenient(body, error)
    if not isinstance(fields, dict):
        raise InvalidDraft([Problem("", 'the article must be a JSON object: {"title": …, "content_html": …}')])
    if len(fields) > MAX_FIELDS:
        raise InvalidDraft([Problem("", f"the object has {len(fields):,} fields; an article has {len(WRITABLE)}")])
    for name in fields:
        if len(name) > MAX_NAME:
            raise InvalidDraft([Problem(name[:MAX_NAME], "is not a field of an article")])
    return fields


def _lenient(body: bytes, strict: orjson.JSONDecodeError) -> Any:
    """Again with a reader that lets lone surrogates through, so that the field can be named."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is not JSON in UTF-8: {strict}") from strict


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _is_minor(arguments: Mapping[str, str]) -> bool:
    """Whether the change is one that readers need not hear of: `?minor=true`."""
    said = arguments.get("minor", "false")
    if said not in ("true", "false"):
        raise InvalidQuery([Problem("minor", "is true or false; true where readers need not hear of the change")])
    return said == "true"


def _request_key(body: bytes) -> RequestKey | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise BadRequest(f"the Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} characters")
    return RequestKey(key, by=_caller().name, digest=hashlib.sha256(body).hexdigest())


def _listing_query(arguments: Mapping[str, str]) -> ArticleQuery:
    problems = []
    statuses, after, limit = frozenset(Status), None, LISTED
    if named := arguments.get("status"):
        try:
            statuses = frozenset(Status(part.strip()) for part in named.split(","))
        except ValueError:
            problems.append(Problem("status", f"is one or more of {', '.join(Status)}, parted by commas"))
    if cursor := arguments.get("cursor"):
        try:
            after = read_cursor(cursor)
        except ValueError:
            problems.append(Problem("cursor", "is not one that a listing gave as `next`; leave it out"))
    if wanted := arguments.get("limit"):
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and 1 <= int(wanted) <= MAX_LISTED:
            limit = int(wanted)
        else:
            problems.append(Problem("limit", f"must be a number from 1 to {MAX_LISTED}"))
    words = arguments.get("q", "").replace("\0", "").strip()
    if len(words) > MAX_WORDS_CHARACTERS:
        problems.append(Problem("q", f"has {len(words):,} characters; at most {MAX_WORDS_CHARACTERS} are looked for"))
    if problems:
        raise InvalidQuery(problems)
    return ArticleQuery(statuses=statuses, words=words or None, after=after, limit=limit)


class _Body(io.RawIOBase):
    """A request's body by `read` alone: Granian's `readline` gives the first line and loses all others."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.stream.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


def _lines(stream: io.BufferedIOBase, longest: int) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines that are not empty; None for one that is too long, which is skipped to its end."""
    number = 0
    while line := stream.readline(longest + 1):
        number += 1
        if len(line) > longest and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(longest + 1)
            yield number, None
        elif line.strip():
            yield number, line
