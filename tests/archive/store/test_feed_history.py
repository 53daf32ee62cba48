"""The known versions of a feed document, and the entries that are new since each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from archive.store.feed_history import (
    MAX_REMOVED,
    MAX_VERSIONS,
    Contents,
    Entry,
    FeedHistory,
    Version,
    extend,
    from_bytes,
    to_bytes,
)


def contents(*texts: str, gone: Sequence[str] = (), full: bool = False) -> Contents:
    """Entries in alphabetical order, the last letter first: "b2" is entry b in its state 2."""
    return Contents(tuple(Entry(text[0], text, text[0], 0, 0) for text in texts), frozenset(gone), full)


def history(*states: Contents) -> FeedHistory:
    """Versions 1, 2 and so on, with the ETags "1" and "1br"."""
    known: FeedHistory | None = None
    for number, state in enumerate(states, start=1):
        known = extend(known, state, Version(number, (f'"{number}"', f'"{number}br"')))
    assert known is not None
    return known


def entries_since(known: FeedHistory, *etags: str) -> list[str] | None:
    found = known.known_version(etags)
    assert found is not None
    entries = known.entries_since(found[0])
    return None if entries is None else [entry.digest for entry in entries]


def test_new_and_changed_entries_are_new_since_a_version() -> None:
    known = history(contents("b1", "a1"), contents("c1", "b1", "a1"), contents("c1", "b2", "a1"))
    assert [entries_since(known, f'"{number}"') for number in (1, 2, 3)] == [["c1", "b2"], ["b2"], []]


def test_each_coding_names_the_same_version() -> None:
    known = history(contents("a1"), contents("b1", "a1"))
    assert entries_since(known, '"1br"') == entries_since(known, '"1"') == ["b1"]


def test_of_several_versions_the_oldest_counts() -> None:
    known = history(contents("a1"), contents("b1", "a1"), contents("c1", "b1", "a1"))
    assert known.known_version(['"2"', '"1br"', '"unknown"']) == (known.versions[0], '"1br"')
    assert known.known_version(['"unknown"']) is None


def test_bytes_that_come_back_are_their_latest_version() -> None:
    first, other = contents("b1", "a1"), contents("b2", "a1")
    known = extend(history(first, other), first, Version(3, ('"1"',)))
    assert entries_since(known, '"1"') == []


def test_an_entry_pushed_off_the_end_of_a_full_feed_needs_no_tombstone() -> None:
    known = history(contents("b1", "a1", full=True), contents("c1", "b1", full=True))
    assert entries_since(known, '"1"') == ["c1"]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (contents("c1", "a1", full=True), "from the middle"),
        (contents("c1", "b1"), "from a list that has room"),
    ],
)
def test_an_entry_removed_without_a_tombstone_allows_no_delta(now: Contents, why: str) -> None:
    before = contents("b1", "a1", full=True)
    assert entries_since(history(before, now), '"1"') is None, why
    assert entries_since(history(before, now), '"2"') == []


def test_a_tombstone_explains_a_removed_entry_as_long_as_the_document_has_it() -> None:
    first, second = contents("b1", "a1"), contents("a1", gone=["b"])
    assert entries_since(history(first, second), '"1"') == []
    assert entries_since(history(first, second, contents("a1")), '"1"') is None


def test_an_entry_that_moved_before_it_was_pushed_out_could_be_taken_for_listed() -> None:
    first, moved = contents("c1", "b1", full=True), contents("c2", "b1", full=True)
    known = history(first, moved, contents("b1", "a1", full=True), contents("e1", "d1", full=True))
    assert known.known_version(['"1"']) is None  # no version of the entry is listed
    later = history(first, contents("d1", "b1", full=True), contents("d1", "b1", "a1", full=True))
    assert entries_since(later, '"1"') is None


def test_an_entry_that_comes_back_is_new() -> None:
    known = history(contents("b1", "a1"), contents("a1"), contents("b1", "a1"))
    assert entries_since(known, '"1"') == ["b1"]


def test_a_version_that_shares_no_entry_with_the_current_one_is_forgotten() -> None:
    known = history(contents("b1", "a1", full=True), contents("d1", "c1", full=True))
    assert known.known_version(['"1"']) is None
    assert known.removed == ()


def test_the_number_of_versions_is_bounded() -> None:
    known = history(*(contents(f"b{number}", "a1") for number in range(200)))
    assert len(known.versions) == MAX_VERSIONS
    assert entries_since(known, f'"{201 - MAX_VERSIONS}"') == ["b199"]


def test_the_number_of_removed_entries_is_bounded() -> None:
    known: FeedHistory | None = None
    for number in range(1, 40):
        passing = tuple(Entry(f"{number}-{one}", "1", "5", 0, 0) for one in range(20))
        state = Contents((*passing, Entry("stays", "1", "1", 0, 0)), is_full=True)
        known = extend(known, state, Version(number, (f'"{number}"',)))
        assert len(known.removed) <= MAX_REMOVED
    assert known is not None
    assert 1 < len(known.versions) <= MAX_REMOVED // 20 + 1


def test_a_history_is_read_back_as_it_was_stored() -> None:
    known = history(contents("b1", "a1"), contents("a1", gone=["b"], full=True))
    assert from_bytes(to_bytes(known)) == known
