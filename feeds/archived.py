"""The site feed's history as archive documents that rarely change (RFC 5005 §4)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from archive.article import Article
from archive.period import Period
from archive.store.feed_volumes import ArchiveDocument
from archive.store.listings import SortKey
from archive.urls import archive_document_path
from feeds.channel import Page

MAX_ARTICLES = 25  # per archive document; the live feed has up to 24 more than its length

_Key = tuple[int, int, bool, datetime, str]
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


class ArchiveMap:
    """The archive documents, oldest first. A month's first document starts at the beginning of the month."""

    def __init__(self, documents: Iterable[ArchiveDocument] = ()) -> None:
        self._documents = sorted(documents, key=_key)

    def __iter__(self) -> Iterator[ArchiveDocument]:
        return iter(self._documents)

    @property
    def last(self) -> ArchiveDocument | None:
        return self._documents[-1] if self._documents else None

    def of_month(self, month: Period) -> list[ArchiveDocument]:
        start, end = (bisect_right(self._documents, key, key=_key) for key in _month_keys(month))
        return self._documents[start:end]

    def containing(self, month: Period, sort_key: SortKey) -> ArchiveDocument | None:
        """The document that covers this sort key within a month; None if the month has no documents."""
        index = bisect_right(self._documents, _document_key(month, sort_key), key=_key) - 1
        return self._documents[index] if index >= 0 and self._documents[index].month == month else None

    def end(self, document: ArchiveDocument) -> SortKey | None:
        """The exclusive upper bound: the first sort key of the month's next document, or None for its last one."""
        newer = self.newer(document)
        return newer.first if newer is not None and newer.month == document.month else None

    def older(self, document: ArchiveDocument) -> ArchiveDocument | None:
        index = self._index(document)
        return self._documents[index - 1] if index > 0 else None

    def newer(self, document: ArchiveDocument) -> ArchiveDocument | None:
        index = self._index(document) + 1
        return self._documents[index] if index < len(self._documents) else None

    def is_newer(self, one: ArchiveDocument, other: ArchiveDocument) -> bool:
        return self._index(one) > self._index(other)

    def up_to(self, document: ArchiveDocument | None) -> list[ArchiveDocument]:
        """This document and all older ones; empty for None."""
        return self._documents[: self._index(document) + 1] if document is not None else []

    def newer_than(self, document: ArchiveDocument | None) -> list[ArchiveDocument]:
        """All newer documents; all documents for None."""
        return self._documents[self._index(document) + 1 :] if document is not None else [*self._documents]

    def below(self, month: Period, sort_key: SortKey) -> ArchiveDocument | None:
        """The newest document whose articles are all older than this sort key of a month."""
        index = bisect_right(self._documents, _document_key(month, sort_key), key=_key) - 1
        if index >= 0 and self._documents[index].month == month:
            index -= 1
        return self._documents[index] if index >= 0 else None

    def put(self, documents: Sequence[ArchiveDocument]) -> None:
        """Add documents, replacing any with the same month and number."""
        replaced = {(document.month, document.number) for document in documents}
        kept = [document for document in self._documents if (document.month, document.number) not in replaced]
        self._documents = sorted([*kept, *documents], key=_key)

    def next_number(self, month: Period) -> int:
        return max((document.number for document in self.of_month(month)), default=0) + 1

    def _index(self, document: ArchiveDocument) -> int:
        return bisect_right(self._documents, _key(document), key=_key) - 1


def split(
    document: ArchiveDocument, sort_keys: Sequence[SortKey], *, next_number: int, grows: bool, size: int = MAX_ARTICLES
) -> list[ArchiveDocument]:
    """The documents, oldest first, that replace one with more than `size` articles; the document itself otherwise.

    `sort_keys` are the sort keys of its articles, oldest first. If it `grows` at its newer end, it keeps its oldest
    articles and new documents follow, so that full documents never change. Otherwise all parts have about the same
    size and the newest keeps the number: a client that has just read the next newer document follows its link and
    misses none of the parts."""
    if len(sort_keys) <= size:
        return [document]
    if grows:
        starts = range(0, len(sort_keys), size)
    else:
        parts = -(-len(sort_keys) // size)
        starts = range(0, len(sort_keys), -(-len(sort_keys) // parts))
    count = len(starts) - 1
    new = [*range(next_number, next_number + count)]
    numbers = [document.number, *new] if grows else [*new, document.number]
    firsts = [document.first, *(sort_keys[start] for start in starts[1:])]
    return [ArchiveDocument(document.month, number, first) for number, first in zip(numbers, firsts, strict=True)]


def newest_first(documents: Iterable[ArchiveDocument]) -> list[ArchiveDocument]:
    return sorted(documents, key=_key, reverse=True)


def page_of(document: ArchiveDocument) -> Page:
    """`/archive/2023/12/`, and `/archive/2023/12/2/` for the second document of a month."""
    return Page(archive_document_path(document.month, document.number))


def month_of(article: Article) -> Period:
    return Period(article.listed_day.year, article.listed_day.month)


def _key(document: ArchiveDocument) -> _Key:
    if document.first is None:
        return document.month.year, document.month.month or 0, False, _BEGINNING, ""
    return _document_key(document.month, document.first)


def _document_key(month: Period, sort_key: SortKey) -> _Key:
    return month.year, month.month or 0, True, sort_key.sort_date, sort_key.id


def _month_keys(month: Period) -> tuple[_Key, _Key]:
    """Keys that sort just before and just after the documents of a month."""
    number = month.month or 0
    return (month.year, number - 1, True, _END, ""), (month.year, number, True, _END, "")
