"""Types of arrays, and sets of numbers in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]


def merged(lists: Sequence[Array]) -> Array:
    """The numbers of several lists, each in order, in order and once. np.unique takes ten times as long for them."""
    numbers = np.concatenate(lists)
    numbers.sort(kind="stable")
    is_first = np.ones(len(numbers), np.bool_)
    is_first[1:] = numbers[1:] != numbers[:-1]
    found: Array = numbers[is_first]
    return found


def among(documents: Array, sorted_numbers: Array) -> Array:
    """Which of the numbers are among others; both are in order."""
    if not len(sorted_numbers):
        return np.zeros(len(documents), np.bool_)
    at = np.searchsorted(sorted_numbers, documents)
    at[at == len(sorted_numbers)] = 0
    found: Array = sorted_numbers[at] == documents
    return found
