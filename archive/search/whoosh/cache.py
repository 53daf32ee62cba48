"""An LRU cache of decoded index data, bounded in bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable
from operator import itemgetter
from typing import Any, Final, TypeVar

from cachetools import LRUCache

T = TypeVar("T")

# The capacity per open index: a base, and an increment per document, rounded down to steps.
CAPACITY_BYTES: Final = 36 << 20
CAPACITY_BYTES_PER_DOCUMENT: Final = 100
CAPACITY_STEP_BYTES: Final = 1 << 20  # so that the capacity does not change with every commit
ENTRY_BYTES: Final = 300  # overhead of the objects around a value


class Cache:
    """The most recently used values. Safe for threads. `loaded_bytes`: total size of the values decoded so far."""

    def __init__(self, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self.loaded_bytes = 0
        self._lock = threading.Lock()
        self._entries = _entries(capacity_bytes)

    def get(self, key: Hashable, load: Callable[[], T], size: Callable[[T], int]) -> T:
        """The cached value for this key, or the result of `load`. `size` returns the size of a value in bytes.

        Two threads may load the same value concurrently; the first result is cached. Values larger than a quarter of
        the capacity are not cached."""
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
        """Adds data that was decoded but not cached to `loaded_bytes`."""
        with self._lock:
            self.loaded_bytes += decoded_bytes

    def make_room(self, documents: int) -> None:
        """Sets the capacity for an index with this number of documents."""
        more = CAPACITY_BYTES_PER_DOCUMENT * documents // CAPACITY_STEP_BYTES * CAPACITY_STEP_BYTES
        with self._lock:
            if self._entries.maxsize != CAPACITY_BYTES + more:
                before, self._entries = self._entries, _entries(CAPACITY_BYTES + more)
                self._entries.update(before)

    def retain(self, owners: Collection[Hashable]) -> None:
        """Drops values of other segments and snapshots than these, the first items of keys: such values would keep
        files open that are no longer searched."""
        with self._lock:
            for key in [key for key in self._entries if isinstance(key, tuple) and key[0] not in owners]:
                del self._entries[key]


def _entries(capacity_bytes: int) -> LRUCache[Hashable, tuple[Any, int]]:
    """A cache of values with their sizes in bytes."""
    return LRUCache(capacity_bytes, getsizeof=itemgetter(1))
