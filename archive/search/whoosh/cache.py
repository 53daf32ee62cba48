"""Decoded parts of the index, up to a number of bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable
from operator import itemgetter
from typing import Any, Final, TypeVar

from cachetools import LRUCache

T = TypeVar("T")

# The capacity for each open index: so many bytes, and so many more for each document, in steps.
CAPACITY_BYTES: Final = 36 << 20
CAPACITY_BYTES_PER_DOCUMENT: Final = 100
CAPACITY_STEP_BYTES: Final = 1 << 20  # so that the capacity does not change with every commit
ENTRY_BYTES: Final = 300  # of the objects around a value


class Cache:
    """The values used last. Safe for threads. `loaded_bytes`: decoded since the start."""

    def __init__(self, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self.loaded_bytes = 0
        self._lock = threading.Lock()
        self._entries = _entries(capacity_bytes)

    def get(self, key: Hashable, load: Callable[[], T], size: Callable[[T], int]) -> T:
        """What `load` returned for this key, now or earlier; `size` is in bytes.

        Two threads may load the same value at once; the first result is kept. A value larger than a quarter of the
        capacity is not kept."""
        with self._lock:
            try:
                found: T = self._entries[key][0]
            except KeyError:
                pass
            else:
                return found
        loaded = load()
        size_bytes = size(loaded) + ENTRY_BYTES
        with self._lock:
            self.loaded_bytes += size_bytes
            if key not in self._entries and size_bytes <= self._entries.maxsize // 4:
                self._entries[key] = loaded, size_bytes
        return loaded

    def count(self, decoded_bytes: int) -> None:
        """Something was decoded and is not kept here."""
        with self._lock:
            self.loaded_bytes += decoded_bytes

    def make_room(self, documents: int) -> None:
        """Sets the capacity for an index of so many documents."""
        more = CAPACITY_BYTES_PER_DOCUMENT * documents // CAPACITY_STEP_BYTES * CAPACITY_STEP_BYTES
        with self._lock:
            if self._entries.maxsize != CAPACITY_BYTES + more:
                before, self._entries = self._entries, _entries(CAPACITY_BYTES + more)
                self._entries.update(before)

    def retain(self, owners: Collection[Hashable]) -> None:
        """Drops what belongs to none of these segments and snapshots, by the first item of its key: it would keep
        files open that are no longer searched."""
        with self._lock:
            for key in [key for key in self._entries if isinstance(key, tuple) and key[0] not in owners]:
                del self._entries[key]


def _entries(capacity_bytes: int) -> LRUCache[Hashable, tuple[Any, int]]:
    """Values with their sizes."""
    return LRUCache(capacity_bytes, getsizeof=itemgetter(1))
