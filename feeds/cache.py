"""Rendered entries, kept as long as there is room for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from feeds.extent import Extent
from feeds.spec import Format

Key = tuple[str, int, Format, Extent]  # article id, revision, …: a new revision is another entry

_OVERHEAD = 300  # bytes of a key and its place in the table, by sys.getsizeof, roughly


class FragmentCache:
    """The entries used last, together at most `limit` bytes. Threads may share one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, render: Callable[[], bytes]) -> bytes:
        """The entry as it was rendered before; rendered now if it was not or had to go."""
        with self._lock:
            known = self._entries.get(key)
            if known is not None:
                self._entries.move_to_end(key)
                return known
        rendered = render()
        with self._lock:
            self._put(key, rendered)
        return rendered

    def __len__(self) -> int:
        return len(self._entries)

    def _put(self, key: Key, entry: bytes) -> None:
        before = self._entries.pop(key, None)
        if before is not None:
            self.size -= len(before) + _OVERHEAD
        self._entries[key] = entry
        self.size += len(entry) + _OVERHEAD
        while self.size > self.limit:
            _, oldest = self._entries.popitem(last=False)
            self.size -= len(oldest) + _OVERHEAD
