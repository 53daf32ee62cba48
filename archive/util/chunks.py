"""A long sequence piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

BOUND_AT_ONCE: Final = 500  # values of one SQL statement; SQLite's oldest bound is 999

T = TypeVar("T")


def slices(values: Sequence[T], length: int = BOUND_AT_ONCE) -> Iterator[Sequence[T]]:
    """Pieces of this length, the last one of what is left."""
    for start in range(0, len(values), length):
        yield values[start : start + length]
