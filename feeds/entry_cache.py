"""An LRU cache of rendered entries, bounded in bytes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

from cachetools import LRUCache

from feeds.content_level import ContentLevel

Key = tuple[str, int, str, ContentLevel]  # article id, revision, format name, level: a new revision is another key

_OVERHEAD_BYTES = 300  # of a key and its slot in the table, estimated with sys.getsizeof


class Fragment(NamedTuple):
    """The bytes of one entry within a document, and their digest (BLAKE2b, 64 bits, hexadecimal)."""

    body: bytes
    digest: str

    @classmethod
    def of(cls, body: bytes) -> Fragment:
        return cls(body, blake2b(body, digest_size=8).hexdigest())


class FragmentCache:
    """The most recently used entries, at most `max_bytes` in total. Safe for threads."""

    def __init__(self, max_bytes: int) -> None:
        self._entries: LRUCache[Key, Fragment] = LRUCache(max_bytes, getsizeof=_size)
        self._lock = Lock()

    def get(self, key: Key, render: Callable[[], bytes]) -> Fragment:
        """The cached entry, or the result of `render`. Two threads may render the same entry concurrently."""
        with self._lock:
            known = self._entries.get(key)
        if known is not None:
            return known
        rendered = Fragment.of(render())
        with self._lock:
            if _size(rendered) <= self._entries.maxsize:  # cachetools raises ValueError for a larger one
                self._entries[key] = rendered
        return rendered

    @property
    def size_bytes(self) -> int:
        return int(self._entries.currsize)

    def __len__(self) -> int:
        return len(self._entries)


def _size(entry: Fragment) -> int:
    return len(entry.body) + _OVERHEAD_BYTES
