"""JSON as it is sent."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(document: Any) -> bytes:
    """JSON of anything, even of words that hold halves of characters, which an error may quote."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode("ascii")
