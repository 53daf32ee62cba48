"""Writing JSON."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(document: Any) -> bytes:
    """JSON of anything, also of text with lone surrogates, which an error may quote."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document).encode("ascii")
