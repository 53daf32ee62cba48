"""The cache of rendered entries."""

from __future__ import annotations

from feeds.content_level import ContentLevel
from feeds.entry_cache import _OVERHEAD_BYTES, FragmentCache, Key
from feeds.format import ATOM


def key(article_id: str, revision: int = 1) -> Key:
    return article_id, revision, ATOM.name, ContentLevel.FULL


def never() -> bytes:
    raise AssertionError("rendered again")


def test_a_cached_entry_is_not_rendered_again() -> None:
    cache = FragmentCache(10_000)
    cache.get(key("a"), lambda: b"first")
    assert cache.get(key("a"), never).body == b"first"
    assert cache.get(key("a", 2), lambda: b"second").body == b"second"


def test_the_least_recently_used_entry_is_evicted_first() -> None:
    cache = FragmentCache(2 * (_OVERHEAD_BYTES + 10))
    for name in "ab":
        cache.get(key(name), lambda: bytes(10))
    cache.get(key("a"), never)
    cache.get(key("c"), lambda: bytes(10))
    cache.get(key("a"), never)
    assert cache.get(key("b"), lambda: b"again").body == b"again"


def test_the_limit_is_in_bytes_and_holds_for_one_entry_too() -> None:
    cache = FragmentCache(1_000)
    assert cache.get(key("large"), lambda: bytes(5_000)).body == bytes(5_000)
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_an_entry_that_two_threads_rendered_counts_once() -> None:
    cache = FragmentCache(10_000)

    def render() -> bytes:
        cache.get(key("a"), lambda: bytes(10))
        return bytes(10)

    cache.get(key("a"), render)
    assert (len(cache), cache.size_bytes) == (1, 10 + _OVERHEAD_BYTES)
