"""What was used last, within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """The values used last, together at most `limit` by what `size_of` says of each. Not for several threads at once."""

    def __init__(self, limit: int, size_of: Callable[[V], int]) -> None:
        self.limit = limit
        self.size = 0
        self._size_of = size_of
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        before = self._values.pop(key, None)
        if before is not None:
            self.size -= self._size_of(before)
        self._values[key] = value
        self.size += self._size_of(value)
        while self.size > self.limit:
            _, oldest = self._values.popitem(last=False)
            self.size -= self._size_of(oldest)

    def __len__(self) -> int:
        return len(self._values)
