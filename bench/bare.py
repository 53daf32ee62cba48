"""A minimal WSGI application that serves feeds, to measure the server's own cost. BARE is the folder of the feeds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

_FOLDER: Final = Path(os.environ["BARE"])
_BODIES: Final = {f"/{path.relative_to(_FOLDER)}": path.read_bytes() for path in _FOLDER.rglob("feed.atom*")}
_BARE: Final = [("ETag", '"bare"'), ("Cache-Control", "max-age=60"), ("Vary", "Accept-Encoding")]


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if "HTTP_IF_NONE_MATCH" in environ:
        start_response("304 Not Modified", _BARE)
        return []
    coding = environ["HTTP_ACCEPT_ENCODING"]
    body = _BODIES[environ["PATH_INFO"] + (".gz" if coding == "gzip" else "")]
    start_response("200 OK", [*_BARE, ("Content-Encoding", coding), ("Content-Length", str(len(body)))])
    return [body]
