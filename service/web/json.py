"""Serializes JSON for responses."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(document: Any) -> bytes:
    """JSON as UTF-8. Text with lone surrogates, which an error may quote, is escaped to ASCII."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode("ascii")
