"""The cache of decoded index data."""

from __future__ import annotations

from collections.abc import Hashable

from archive.search.whoosh import cache as module
from archive.search.whoosh.cache import ENTRY_BYTES, Cache


class Loads:
    """Loads values of a given size in bytes, and records their keys."""

    def __init__(self, cache: Cache, size_bytes: int = 1000 - ENTRY_BYTES) -> None:
        self.cache, self.size_bytes = cache, size_bytes
        self.loaded: list[Hashable] = []

    def get(self, key: Hashable) -> str:
        def load() -> str:
            self.loaded.append(key)
            return f"value of {key}"

        return self.cache.get(key, load, lambda _: self.size_bytes)


def test_the_values_used_last_are_kept_up_to_the_capacity() -> None:
    cache = Loads(Cache(capacity_bytes=4000))
    for key in ("a", "b", "c", "d", "a", "e", "a", "b"):
        assert cache.get(key) == f"value of {key}"
    assert cache.loaded == ["a", "b", "c", "d", "e", "b"]
    assert cache.cache.loaded_bytes == 6000


def test_a_value_of_more_than_a_quarter_of_the_capacity_is_not_kept() -> None:
    cache = Loads(Cache(capacity_bytes=3999))
    assert (cache.get("a"), cache.get("a")) == ("value of a", "value of a")
    assert cache.loaded == ["a", "a"]


def test_what_belongs_to_a_closed_segment_is_dropped() -> None:
    cache = Loads(Cache())
    for key in (("one", "a"), ("two", "a"), "other"):
        cache.get(key)
    cache.cache.retain({"two"})
    for key in (("one", "a"), ("two", "a"), "other"):
        cache.get(key)
    assert cache.loaded == [("one", "a"), ("two", "a"), "other", ("one", "a")]


def test_a_larger_index_has_a_larger_cache_with_the_same_values() -> None:
    cache = Loads(Cache(capacity_bytes=4000), size_bytes=module.CAPACITY_BYTES // 4 - ENTRY_BYTES)
    small = Loads(cache.cache)
    small.get("small")
    cache.cache.make_room(documents=1_000_000)
    small.get("small")
    for key in "abcdefg":
        cache.get(key)
    assert [cache.get(key) for key in "abcdefg"] == [f"value of {key}" for key in "abcdefg"]
    assert (small.loaded, cache.loaded) == (["small"], list("abcdefg"))
