"""What was decoded of the embedded index, kept up to a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    pass
from archive.search.whoosh.reader import T

# Bytes of what was decoded, for each index that is open: so many, and so many more for each document.
CACHED: Final = 36 << 20
CACHED_EACH: Final = 100


class Cache:
    """What was decoded last, up to a number of bytes. Safe for threads. `loaded` are the bytes that were decoded in all."""

    def __init__(self, capacity: int = CACHED) -> None:
        self.loaded = 0
        self._capacity = capacity
        self._size = 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, load: Callable[[], T], size: Callable[[T], int]) -> T:
        """What `load` gave for this key, now or earlier. Two threads may load the same; one result stays."""
        with self._lock:
            if (held := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                found: T = held[0]
                return found
        loaded = load()
        bytes_held = size(loaded) + 300  # with the objects around it
        with self._lock:
            self.loaded += bytes_held
            if key not in self._held and bytes_held <= self._capacity // 4:
                self._held[key] = loaded, bytes_held
                self._size += bytes_held
                while self._size > self._capacity:
                    _, (_, dropped) = self._held.popitem(last=False)
                    self._size -= dropped
        return loaded

    def count(self, decoded: int) -> None:
        """So many bytes were decoded and are not kept here."""
        with self._lock:
            self.loaded += decoded

    def make_room(self, documents: int) -> None:
        """For an index of so many documents."""
        with self._lock:
            self._capacity = CACHED + CACHED_EACH * documents

    def retain(self, owners: Collection[Hashable]) -> None:
        """Drops what belongs to none of these segments and snapshots, by the first part of its key: it would keep
        files open that nobody searches any more."""
        with self._lock:
            for key in [key for key in self._held if isinstance(key, tuple) and key[0] not in owners]:
                _, dropped = self._held.pop(key)
                self._size -= dropped
