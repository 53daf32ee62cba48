"""Health checks for operators: `/healthz` (is the process alive?) and `/readyz` (can it serve?)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from archive.errors import DatelineError
from archive.timestamps import rfc3339
from service.consumers import SCHEDULES
from service.dateline import Dateline
from service.heartbeat import is_alive, last_seen
from service.web.errors import RETRY_AFTER
from service.web.json import to_json

Part = dict[str, Any]


def health_blueprint(dateline: Dateline) -> Blueprint:
    """`/healthz` and `/readyz`."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        response = _json({"status": "ok"})
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/readyz")
    def ready() -> Response:
        parts = {name: _checked(check) for name, check in _checks(dateline).items()}
        states = {part["status"] for part in parts.values()}
        # Without the index, pages and feeds still work, so a load balancer should not drop this process.
        serves = parts["archive"]["status"] == "ok"
        status = "down" if not serves else "ok" if states == {"ok"} else "degraded"
        response = _json({"status": status, "parts": parts}, status=200 if serves else 503)
        response.headers["Cache-Control"] = "no-store"
        if not serves:
            response.headers["Retry-After"] = RETRY_AFTER
        return response

    return blueprint


def _checks(dateline: Dateline) -> dict[str, Callable[[], Part]]:
    """The checks by part. The site can be read while index or worker are behind; the parts report by how much."""

    def archive() -> Part:
        return {"status": "ok", "position": dateline.archive.changes.head()}

    def index() -> Part:
        status = dateline.index.status()
        return {"status": "ok", "documents": status.documents, "position": status.position}

    def worker() -> Part:
        head = dateline.archive.changes.last()
        behind = {
            cursor.consumer: max(0, head - cursor.position)
            for cursor in dateline.archive.changes.cursors()
            if cursor.consumer in SCHEDULES and SCHEDULES[cursor.consumer].is_monitored
        }
        seen = last_seen(dateline.archive)
        alive = is_alive(dateline.archive, now=dateline.clock())
        status = "down" if not alive else "behind" if any(behind.values()) or not behind else "ok"
        return {"status": status, "behind": behind, "seen": None if seen is None else rfc3339(seen)}

    return {"archive": archive, "index": index, "worker": worker}


def _checked(check: Callable[[], Part]) -> Part:
    try:
        return check()
    except DatelineError as error:
        return {"status": "down", "detail": str(error)}


def _json(document: Any, *, status: int = 200) -> Response:
    return Response(to_json(document), status, content_type="application/json")
