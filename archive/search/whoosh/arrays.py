"""Array types, and operations on sorted arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]


def union_sorted(lists: Sequence[Array]) -> Array:
    """The sorted union of several sorted arrays. np.unique takes ten times as long."""
    numbers = np.concatenate(lists)
    numbers.sort(kind="stable")
    is_first = np.ones(len(numbers), np.bool_)
    is_first[1:] = numbers[1:] != numbers[:-1]
    found: Array = numbers[is_first]
    return found


def intersects(numbers: Array, others: Array) -> Mask:
    """A mask of the numbers that `others` contains. Both arrays are sorted."""
    if not len(others):
        return np.zeros(len(numbers), np.bool_)
    at = np.searchsorted(others, numbers)
    at[at == len(others)] = 0
    found: Mask = others[at] == numbers
    return found
