"""Dividing the site feed's history into archive documents."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.period import Period
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import SortKey
from feeds.archived import ArchiveMap, page_of, split
from feeds.format import ATOM
from tests.support.builders import NOON

MARCH = Period(2026, 3)


def sort_keys(count: int, first: int = 0) -> list[SortKey]:
    return [SortKey(NOON + timedelta(minutes=number), f"a{number}") for number in range(first, first + count)]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (ArchiveDocument(MARCH, 1), "/archive/2026/03/feed.atom"),
        (ArchiveDocument(MARCH, 12, sort_keys(1)[0]), "/archive/2026/03/12/feed.atom"),
        (ArchiveDocument(Period(1, 12), 1), "/archive/0001/12/feed.atom"),
    ],
)
def test_the_path_of_an_archive_document(document: ArchiveDocument, path: str) -> None:
    assert page_of(document).path(ATOM) == path


def test_a_document_that_is_not_full_is_not_split() -> None:
    assert split(ArchiveDocument(MARCH, 4), sort_keys(3), next_number=5, grows=False, size=3) == [
        ArchiveDocument(MARCH, 4)
    ]


def test_a_document_that_grows_keeps_its_oldest_articles() -> None:
    found = split(ArchiveDocument(MARCH, 1), sort_keys(7), next_number=2, grows=True, size=3)
    assert found == [
        ArchiveDocument(MARCH, 1),
        ArchiveDocument(MARCH, 2, sort_keys(7)[3]),
        ArchiveDocument(MARCH, 3, sort_keys(7)[6]),
    ]


def test_a_document_between_others_keeps_its_newest_articles() -> None:
    found = split(ArchiveDocument(MARCH, 1, sort_keys(1)[0]), sort_keys(4), next_number=8, grows=False, size=3)
    assert found == [ArchiveDocument(MARCH, 8, sort_keys(1)[0]), ArchiveDocument(MARCH, 1, sort_keys(4)[2])]


@given(st.integers(0, 40), st.booleans(), st.integers(1, 7))
def test_every_article_is_in_exactly_one_document_of_at_most_the_size(count: int, grows: bool, size: int) -> None:
    archive_map = ArchiveMap([ArchiveDocument(MARCH, 1), ArchiveDocument(Period(2026, 4), 1)])
    archive_map.put(split(ArchiveDocument(MARCH, 1), sort_keys(count), next_number=2, grows=grows, size=size))
    documents = [archive_map.containing(MARCH, sort_key) for sort_key in sort_keys(count)]
    assert all(documents.count(document) <= size for document in archive_map)
    in_order: list[ArchiveDocument | None] = [*archive_map]
    assert documents == sorted(documents, key=in_order.index)
    assert len({document.number for document in archive_map.of_month(MARCH)}) == max(1, -(-count // size))


def test_neighbours_are_found_across_months() -> None:
    first, second, third = (
        ArchiveDocument(Period(2025, 12), 1),
        ArchiveDocument(MARCH, 2),
        ArchiveDocument(MARCH, 1, sort_keys(1)[0]),
    )
    archive_map = ArchiveMap([third, first, second])
    assert list(archive_map) == [first, second, third]
    assert [archive_map.older(document) for document in archive_map] == [None, first, second]
    assert [archive_map.newer(document) for document in archive_map] == [second, third, None]
    assert [archive_map.end(document) for document in archive_map] == [None, sort_keys(1)[0], None]
    assert archive_map.last == third
    assert archive_map.next_number(MARCH) == 3
    assert archive_map.next_number(Period(1999, 1)) == 1


def test_a_month_without_documents_contains_no_article() -> None:
    archive_map = ArchiveMap([ArchiveDocument(Period(2026, 2), 1), ArchiveDocument(Period(2026, 4), 1)])
    assert archive_map.containing(MARCH, sort_keys(1)[0]) is None
    assert ArchiveMap().containing(MARCH, sort_keys(1)[0]) is None
    assert ArchiveMap().last is None
