"""Errors as HTTP responses, from one table: problem+json for programs (RFC 9457), pages for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from archive.errors import (
    Conflict,
    DatelineError,
    Invalid,
    InvalidQuery,
    NotFound,
    Problem,
    RequestReused,
    RevisionConflict,
    StorageFull,
    Unavailable,
)
from archive.urls import SEARCH_PATH
from service.auth import Forbidden, Unauthorized
from service.web.json import to_json
from service.web.pages.layout import error_page

log = logging.getLogger(__name__)

RETRY_AFTER = "5"  # seconds
PROGRAM_PATHS = ("/admin/", "/api/", f"{SEARCH_PATH}/suggest", "/healthz", "/readyz", "/openapi.json", "/metrics")

# The first match counts. An error that is not here is a defect of ours: 500.
STATUS: Sequence[tuple[type[DatelineError], int]] = (
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (RevisionConflict, 412),
    (Conflict, 409),
    (InvalidQuery, 400),
    (Invalid, 422),
    (RequestReused, 422),
    (StorageFull, 507),
    (Unavailable, 503),
)
_CHALLENGES = {
    401: 'Bearer realm="dateline"',
    403: 'Bearer realm="dateline", error="insufficient_scope"',
}
TITLES = {
    400: "This request cannot be read",
    401: "A token is needed",
    403: "The scope of the token is too small",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict with an existing article",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unknown media type",
    422: "Invalid fields",
    428: "If-Match is missing",
    500: "Something went wrong here",
    503: "Temporarily unavailable",
    507: "The disk is full",
}


class BadRequest(DatelineError):
    """The request itself, before any field, cannot be read; `status` says why."""

    code = "bad_request"

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def status_of(error: DatelineError) -> int:
    """The HTTP status of an error: its own, else that of its class; 500 for an unknown class."""
    if isinstance(error, BadRequest):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem_document(error: DatelineError) -> dict[str, Any]:
    """A problem document (RFC 9457 §3.1), with `errors` by field."""
    status = status_of(error)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": str(error),
        "code": error.code,
    }
    problems: Sequence[Problem] = error.problems if isinstance(error, Invalid) else ()
    if isinstance(error, Conflict) and error.field:
        problems = [Problem(error.field, str(error))]
    if problems:
        document["errors"] = [{"field": problem.field, "message": problem.message} for problem in problems]
    return document


def problem_response(document: dict[str, Any]) -> Response:
    """The response with a problem document."""
    return Response(to_json(document), document["status"], content_type="application/problem+json")


def register_problems(app: Flask) -> None:
    """Turn every error of the application into a problem document or a page, depending on the path."""
    app.register_error_handler(DatelineError, _dateline_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def _dateline_error(error: DatelineError) -> Response:
    status = status_of(error)
    if status >= 500:
        log.error("%s %s: %s", request.method, request.path, error)
    response = _respond(problem_document(error))
    if status in _CHALLENGES:
        response.headers["WWW-Authenticate"] = _CHALLENGES[status]
    if status in (503, 507):
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def _http_error(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    detail = "There is nothing at this address." if status == 404 else error.description or TITLES.get(status, "")
    title = TITLES.get(status, error.name)
    response = _respond({"type": "about:blank", "title": title, "status": status, "detail": detail})
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _unexpected_error(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    detail = "This is a defect of Dateline. Its log has the details."
    return _respond({"type": "about:blank", "title": TITLES[500], "status": 500, "detail": detail})


def _respond(document: dict[str, Any]) -> Response:
    if _is_from_program(request):
        return problem_response(document)
    return error_page(document["status"], document["title"], document["detail"])


def _is_from_program(asked: Request) -> bool:
    return asked.path.startswith(PROGRAM_PATHS) or asked.path == "/admin"
