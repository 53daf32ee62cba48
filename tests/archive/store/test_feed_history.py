"""What is known of a document's earlier versions, and what is new since each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from archive.store.feed_history import LEFT, VERSIONS, Contents, Entry, Lineage, Version, follow, from_bytes, to_bytes


def contents(*texts: str, gone: Sequence[str] = (), full: bool = False) -> Contents:
    """Entries in alphabetical order, the last letter first: "b2" is entry b in its state 2."""
    return Contents(tuple(Entry(text[0], text, text[0], 0, 0) for text in texts), frozenset(gone), full)


def lineage(*states: Contents) -> Lineage:
    """Versions 1, 2 and so on, with the ETags "1" and "1br"."""
    known: Lineage | None = None
    for number, state in enumerate(states, start=1):
        known = follow(known, state, Version(number, (f'"{number}"', f'"{number}br"')))
    assert known is not None
    return known


def news(known: Lineage, *etags: str) -> list[str] | None:
    found = known.base(etags)
    assert found is not None
    entries = known.news(found[0])
    return None if entries is None else [entry.digest for entry in entries]


def test_what_is_new_or_changed_is_news():
    known = lineage(contents("b1", "a1"), contents("c1", "b1", "a1"), contents("c1", "b2", "a1"))
    assert [news(known, f'"{number}"') for number in (1, 2, 3)] == [["c1", "b2"], ["b2"], []]


def test_each_coding_names_the_same_version():
    known = lineage(contents("a1"), contents("b1", "a1"))
    assert news(known, '"1br"') == news(known, '"1"') == ["b1"]


def test_of_several_versions_the_oldest_counts():
    known = lineage(contents("a1"), contents("b1", "a1"), contents("c1", "b1", "a1"))
    assert known.base(['"2"', '"1br"', '"unknown"']) == (known.versions[0], '"1br"')
    assert known.base(['"unknown"']) is None


def test_bytes_that_come_back_are_their_latest_version():
    first, other = contents("b1", "a1"), contents("b2", "a1")
    known = follow(lineage(first, other), first, Version(3, ('"1"',)))
    assert news(known, '"1"') == []


def test_who_was_pushed_out_at_the_end_is_not_missed():
    known = lineage(contents("b1", "a1", full=True), contents("c1", "b1", full=True))
    assert news(known, '"1"') == ["c1"]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (contents("c1", "a1", full=True), "from the middle"),
        (contents("c1", "b1"), "from a list that has room"),
    ],
)
def test_who_has_left_in_silence_makes_all_of_it_new(now: Contents, why: str):
    before = contents("b1", "a1", full=True)
    assert news(lineage(before, now), '"1"') is None, why
    assert news(lineage(before, now), '"2"') == []


def test_who_is_said_to_be_gone_has_not_left_in_silence_while_it_is_said():
    first, second = contents("b1", "a1"), contents("a1", gone=["b"])
    assert news(lineage(first, second), '"1"') == []
    assert news(lineage(first, second, contents("a1")), '"1"') is None


def test_who_had_another_place_before_it_was_pushed_out_could_be_taken_for_present():
    first, moved = contents("c1", "b1", full=True), contents("c2", "b1", full=True)
    known = lineage(first, moved, contents("b1", "a1", full=True), contents("e1", "d1", full=True))
    assert known.base(['"1"']) is None  # nothing is left of it
    later = lineage(first, contents("d1", "b1", full=True), contents("d1", "b1", "a1", full=True))
    assert news(later, '"1"') is None


def test_who_comes_back_is_new():
    known = lineage(contents("b1", "a1"), contents("a1"), contents("b1", "a1"))
    assert news(known, '"1"') == ["b1"]


def test_a_version_of_which_nothing_is_left_is_forgotten():
    known = lineage(contents("b1", "a1", full=True), contents("d1", "c1", full=True))
    assert known.base(['"1"']) is None
    assert known.left == ()


def test_as_many_versions_are_remembered_as_are_worth_it():
    known = lineage(*(contents(f"b{number}", "a1") for number in range(200)))
    assert len(known.versions) == VERSIONS
    assert news(known, f'"{201 - VERSIONS}"') == ["b199"]


def test_what_has_left_is_bounded_too():
    known: Lineage | None = None
    for number in range(1, 40):
        passing = tuple(Entry(f"{number}-{one}", "1", "5", 0, 0) for one in range(20))
        state = Contents((*passing, Entry("stays", "1", "1", 0, 0)), is_full=True)
        known = follow(known, state, Version(number, (f'"{number}"',)))
        assert len(known.left) <= LEFT
    assert known is not None
    assert 1 < len(known.versions) <= LEFT // 20 + 1


def test_it_is_read_back_as_it_was_stored():
    known = lineage(contents("b1", "a1"), contents("a1", gone=["b"], full=True))
    assert from_bytes(to_bytes(known)) == known
