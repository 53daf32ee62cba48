"""Splits long sequences, such as the bound values of a SQL statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

MAX_BOUND_VALUES: Final = 500  # of one SQL statement; SQLite allows 999 before version 3.32

T = TypeVar("T")


def chunked(values: Sequence[T], length: int = MAX_BOUND_VALUES) -> Iterator[Sequence[T]]:
    """Consecutive slices of `length` values; the last one may be shorter."""
    for start in range(0, len(values), length):
        yield values[start : start + length]
