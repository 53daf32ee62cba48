"""Reading the body of a request: one article as JSON, or many as lines of JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, NoReturn

import orjson
from flask import request

from archive.errors import (
    InvalidDraft,
    Problem,
)
from archive.fields.table import WRITABLE
from archive.fields.values import MAX_NAME
from service.web.errors import BadRequest

READ_BUFFER_BYTES = 65_536
MAX_FIELDS = 100  # of an article: four times as many as there are; for each unknown one the answer suggests a name


def read_body(max_bytes: int) -> bytes:
    """The body of the current request. Raises BadRequest with 413 or 415."""
    length = request.content_length
    if length is not None and length > max_bytes:
        refuse_size(max_bytes)
    body = request.stream.read(max_bytes + 1)
    if len(body) > max_bytes:
        refuse_size(max_bytes)
    if request.mimetype and "json" not in request.mimetype:
        raise BadRequest(f"the body is {request.mimetype}; send application/json", status=415)
    return body


def refuse_size(max_bytes: int) -> NoReturn:
    """Raises BadRequest with 413."""
    raise BadRequest(f"an article has at most {max_bytes:,} bytes; DATELINE_MAX_ARTICLE sets the limit", status=413)


def parse_fields(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises BadRequest if it is not JSON, InvalidDraft if it is not an object of fields."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        fields = _parse_leniently(body, error)
    if not isinstance(fields, dict):
        raise InvalidDraft([Problem("", 'the article must be a JSON object: {"title": …, "content_html": …}')])
    if len(fields) > MAX_FIELDS:
        raise InvalidDraft([Problem("", f"the object has {len(fields):,} fields; an article has {len(WRITABLE)}")])
    for name in fields:
        if len(name) > MAX_NAME:
            raise InvalidDraft([Problem(name[:MAX_NAME], "is not a field of an article")])
    return fields


def _parse_leniently(body: bytes, strict: orjson.JSONDecodeError) -> Any:
    """Parse with a reader that accepts lone surrogates, so that the error can name the field. Raises BadRequest."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest(f"the body is not JSON in UTF-8: {strict}") from strict


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def body_lines(stream: Any, max_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a request body with their numbers from 1, without empty lines.

    None for a line of more than `max_bytes`, which is skipped."""
    lines = io.BufferedReader(_Body(stream), READ_BUFFER_BYTES)
    number = 0
    while line := lines.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = lines.readline(max_bytes + 1)
            yield number, None
        elif line.strip():
            yield number, line


class _Body(io.RawIOBase):
    """A request body that is read only by `read`: Granian's `readline` returns the first line and drops the rest."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.stream.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)
