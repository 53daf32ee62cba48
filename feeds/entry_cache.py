"""Rendered entries, kept as long as there is room for them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

from archive.util.lru import Lru
from feeds.content_level import Extent
from feeds.spec import Format

Key = tuple[str, int, Format, Extent]  # article id, revision, …: a new revision is another entry

_OVERHEAD = 300  # bytes of a key and its place in the table, by sys.getsizeof, roughly


class Fragment(NamedTuple):
    """One entry as it stands in a document; other bytes have another digest."""

    body: bytes
    digest: str

    @classmethod
    def of(cls, body: bytes) -> Fragment:
        return cls(body, blake2b(body, digest_size=8).hexdigest())


class FragmentCache:
    """The entries used last, together at most `limit` bytes. Threads may share one."""

    def __init__(self, limit: int) -> None:
        self._entries: Lru[Key, Fragment] = Lru(limit, _size)
        self._lock = Lock()

    def get(self, key: Key, render: Callable[[], bytes]) -> Fragment:
        """The entry as it was rendered before; rendered now if it was not or had to go."""
        with self._lock:
            known = self._entries.get(key)
            if known is not None:
                return known
        rendered = Fragment.of(render())
        with self._lock:
            self._entries.put(key, rendered)
        return rendered

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._entries.size

    def __len__(self) -> int:
        return len(self._entries)


def _size(entry: Fragment) -> int:
    return len(entry.body) + _OVERHEAD
