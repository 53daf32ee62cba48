"""The admin API: articles in and out as JSON (docs/api.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, g, request

from archive.article import Article
from archive.serialization import to_document
from service.auth import Caller, Gate, Scope
from service.dateline import Dateline
from service.http.conditional import Outcome, evaluate
from service.web.api.batch import BatchSubmission
from service.web.api.documents import article_document
from service.web.api.parameters import (
    conflict,
    expected_revision,
    if_match,
    is_minor,
    listing_query,
    request_key,
    revision_etag,
)
from service.web.api.request_body import body_lines, parse_fields, read_body
from service.web.json import to_json
from service.web.pagination import cursor_of


def admin_blueprint(dateline: Dateline) -> Blueprint:
    """The calls under /admin/, which need a token."""
    blueprint = Blueprint("admin", __name__, url_prefix="/admin")
    gate = Gate(dateline.archive, dateline.settings)
    views = ArticleViews(dateline)

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


class ArticleViews:
    """The views of the calls under /admin/articles."""

    def __init__(self, dateline: Dateline) -> None:
        self.archive = dateline.archive
        self.publisher = dateline.publisher
        self.site = dateline.site
        self.max_bytes = dateline.settings.max_article

    def create(self) -> Response:
        body = read_body(self.max_bytes)
        draft = self.publisher.parse(parse_fields(body))
        article = self.publisher.submit(draft, by=_caller().name, request=request_key(body, by=_caller().name))
        response = self._article(article, status=201)
        response.headers["Location"] = self.site.absolute(f"/admin/articles/{article.id}")
        return response

    def create_many(self) -> Response:
        batch = BatchSubmission(self.publisher, self.site, by=_caller().name, max_bytes=self.max_bytes)
        lines = body_lines(request.stream, self.max_bytes)  # the stream is available only while the view runs
        return Response(batch.results(lines), content_type="application/x-ndjson")

    def find(self) -> Response:
        query = listing_query(request.args)
        found = self.archive.listings.find(replace(query, limit=query.limit + 1))
        listed = found[: query.limit]
        return _json(
            {
                "articles": [article_document(article, self.site) for article in listed],
                "next": cursor_of(listed[-1]) if len(found) > len(listed) else None,
            }
        )

    def read(self, article_id: str) -> Response:
        article = self.archive.articles.get(article_id)
        etag = revision_etag(article.revision)
        condition = if_match()
        outcome = evaluate(
            etag=etag,
            modified=None,
            if_match=condition,
            if_none_match=request.headers.get("If-None-Match"),
        )
        if outcome is Outcome.NOT_MODIFIED:
            return Response(status=304, headers={"ETag": etag})
        if outcome is Outcome.FAILED:
            raise conflict(article, condition or "")
        return self._article(article)

    def replace(self, article_id: str) -> Response:
        expected = expected_revision(self.archive.articles.get(article_id))
        draft = self.publisher.parse(parse_fields(read_body(self.max_bytes)))
        return self._article(
            self.publisher.replace(
                article_id, draft, expected_revision=expected, by=_caller().name, minor=is_minor(request.args)
            )
        )

    def patch(self, article_id: str) -> Response:
        expected = expected_revision(self.archive.articles.get(article_id))
        changes = parse_fields(read_body(self.max_bytes))
        return self._article(
            self.publisher.patch(
                article_id, changes, expected_revision=expected, by=_caller().name, minor=is_minor(request.args)
            )
        )

    def withdraw(self, article_id: str) -> Response:
        expected = expected_revision(self.archive.articles.get(article_id))
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


def _caller() -> Caller:
    caller: Caller = g.caller
    return caller


def _json(document: Mapping[str, Any], *, status: int = 200) -> Response:
    return Response(to_json(document), status, content_type="application/json")
