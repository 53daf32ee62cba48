"""Range requests (RFC 9110 §14), on plain strings."""

from __future__ import annotations

import re
from typing import Final

_RANGE: Final = re.compile(r"(?P<first>\d*)-(?P<last>\d*)", re.ASCII)
_DIGITS: Final = 18  # a position with more digits is beyond every document


class Unsatisfiable(Exception):
    """The range is outside the document (416)."""


def byte_range(header: str, length: int) -> range | None:
    """The bytes that a Range header requests; None if the header is ignored and the whole is sent (§14.2).

    Ignores other units, invalid ranges, and several ranges: a feed is too small for multipart. Raises Unsatisfiable."""
    unit, _, ranges = header.partition("=")
    named = [one for part in ranges.split(",") if (one := part.strip(" \t"))]
    found = _RANGE.fullmatch(named[0]) if len(named) == 1 else None
    if unit.strip().lower() != "bytes" or found is None:
        return None
    first, last = (_number(digits) for digits in found.groups())
    if first is None and last is None:
        return None
    if first is None:
        start, end = max(length - (last or 0), 0), length
    elif last is not None and last < first:
        return None
    else:
        start, end = first, length if last is None else min(last + 1, length)
    if start >= length:
        raise Unsatisfiable
    return range(start, end)


def _number(digits: str) -> int | None:
    if not digits:
        return None
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
