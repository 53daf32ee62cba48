"""Selects and orders the best hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from archive.search.index import Sort
from archive.search.whoosh.arrays import Array, Mask
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.doc_values import doc_values

RECENCY_HALF_LIFE: Final = 365  # days


@dataclass(frozen=True, slots=True, eq=False)
class ScoredDocuments:
    """Sorted, distinct documents and their scores."""

    documents: Array
    scores: Array

    def __len__(self) -> int:
        return len(self.documents)

    def only(self, mask: Mask) -> ScoredDocuments:
        return ScoredDocuments(self.documents[mask], self.scores[mask])


@dataclass(frozen=True, slots=True)
class RankedHit:
    """A hit. `published`: microseconds since 1970 UTC. `document`: its number in the snapshot."""

    id: str
    score: float
    published: int
    document: int


def top_hits(snapshot: Snapshot, found: ScoredDocuments, sort: Sort, *, first: int, count: int) -> list[RankedHit]:
    """`count` hits from rank `first` on, counted from 0; ties are ordered newest first, then by id.

    Compares all documents: Whoosh's own collectors skip blocks, and may miss one of the best ten."""
    values = doc_values(snapshot)
    hits = [
        RankedHit(values.id_of(document), score, int(values.published[document]), document)
        for document, score in zip(*_best(snapshot, found, sort, first + count), strict=True)
    ]
    return sorted(hits, key=_ORDER[sort])[first : first + count]


_ORDER: Final[Mapping[Sort, Callable[[RankedHit], tuple[float | str, ...]]]] = {
    Sort.RELEVANCE: lambda hit: (-hit.score, -hit.published, hit.id),
    Sort.NEWEST: lambda hit: (-hit.published, hit.id),
    Sort.OLDEST: lambda hit: (hit.published, hit.id),
}


def _best(snapshot: Snapshot, found: ScoredDocuments, sort: Sort, count: int) -> tuple[list[int], list[float]]:
    """The best `count` documents, and any that tie with the last of them, with their scores, unordered."""
    published = doc_values(snapshot).published
    if len(found) > count:
        if sort is Sort.RELEVANCE:
            min_score = _nth_largest(found.scores, count)
            above, ties = found.only(found.scores > min_score), found.only(found.scores == min_score)
            ties = _latest(ties, published, count - len(above))
            found = ScoredDocuments(
                np.concatenate((above.documents, ties.documents)), np.concatenate((above.scores, ties.scores))
            )
        elif sort is Sort.NEWEST:
            found = _latest(found, published, count)
        else:
            found = _latest(found, -published, count)
    return found.documents.tolist(), found.scores.tolist()


def _latest(found: ScoredDocuments, published: Array, count: int) -> ScoredDocuments:
    if len(found) <= count:
        return found
    dates = published[found.documents]
    return found.only(dates >= _nth_largest(dates, count))


def _nth_largest(values: Array, count: int) -> float:
    at = len(values) - count
    return np.partition(values, at)[at].item()  # type: ignore[no-any-return]


def boost_recent(snapshot: Snapshot, found: ScoredDocuments, recency: float) -> ScoredDocuments:
    """Multiplies scores by 1 + `recency` for the newest article of the index, 1 + `recency` / 2 for one a year older,
    and so on.

    The age counts from the newest article, not from now, so that pages stay the same while nothing changes."""
    if not recency or not len(found):
        return found
    values = doc_values(snapshot)
    ages = np.minimum(values.newest_day - values.days[found.documents], len(_FRESHNESS) - 1)
    return ScoredDocuments(found.documents, found.scores * (1 + recency * _FRESHNESS[ages]))


_FRESHNESS: Final = 0.5 ** (np.arange(20 * RECENCY_HALF_LIFE) / RECENCY_HALF_LIFE)  # by age in days
