"""Of what was found in the embedded index: what filters leave, what comes first, and how it divides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from archive.search.index import Sort
from archive.search.whoosh.arrays import Array, Mask
from archive.search.whoosh.reader import Snapshot

FRESH_FOR: Final = 365  # days, after which half of what recency adds has gone


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Documents in order, each once, and their scores."""

    documents: Array
    scores: Array

    def __len__(self) -> int:
        return len(self.documents)

    def only(self, mask: Mask) -> Found:
        return Found(self.documents[mask], self.scores[mask])


@dataclass(frozen=True, slots=True)
class Ranked:
    """One hit. `document` is its number in the snapshot."""

    id: str
    score: float
    published: int
    document: int


# Order ---------------------------------------------------------------------------------------------------


def ranked(snapshot: Snapshot, found: Found, sort: Sort, *, first: int, count: int) -> list[Ranked]:
    """`count` documents from the one numbered `first`, from 0; ties newest first, then by id.

    Whoosh's own collectors may miss a document of the best ten when they skip blocks; this looks at all."""
    columns = snapshot.columns
    hits = [
        Ranked(columns.id_of(document), score, int(columns.published[document]), document)
        for document, score in zip(*_best(snapshot, found, sort, first + count), strict=True)
    ]
    return sorted(hits, key=_ORDER[sort])[first : first + count]


_ORDER: Final[Mapping[Sort, Callable[[Ranked], tuple[float | str, ...]]]] = {
    Sort.RELEVANCE: lambda hit: (-hit.score, -hit.published, hit.id),
    Sort.NEWEST: lambda hit: (-hit.published, hit.id),
    Sort.OLDEST: lambda hit: (hit.published, hit.id),
}


def _best(snapshot: Snapshot, found: Found, sort: Sort, count: int) -> tuple[list[int], list[float]]:
    """The documents among which the best `count` are, with few others."""
    published = snapshot.columns.published
    if len(found) > count:
        if sort is Sort.RELEVANCE:
            least = _nth_largest(found.scores, count)
            above, level = found.only(found.scores > least), found.only(found.scores == least)
            level = _latest(level, published, count - len(above))
            found = Found(
                np.concatenate((above.documents, level.documents)), np.concatenate((above.scores, level.scores))
            )
        elif sort is Sort.NEWEST:
            found = _latest(found, published, count)
        else:
            found = _latest(found, -published, count)
    return found.documents.tolist(), found.scores.tolist()


def _latest(found: Found, published: Array, count: int) -> Found:
    if len(found) <= count:
        return found
    dates = published[found.documents]
    return found.only(dates >= _nth_largest(dates, count))


def _nth_largest(values: Array, count: int) -> float:
    place = len(values) - count
    return np.partition(values, place)[place].item()  # type: ignore[no-any-return]


def recent_above(snapshot: Snapshot, found: Found, recency: float) -> Found:
    """The same with scores that grow by `recency`, a part of themselves, for the newest article of the index; for
    those from a year before, by half of that, and so on. Counted from that article and not from now, so that pages
    stay the same while nothing changes."""
    if not recency or not len(found):
        return found
    columns = snapshot.columns
    ages = np.minimum(columns.newest_day - columns.days[found.documents], len(_FRESHNESS) - 1)
    return Found(found.documents, found.scores * (1 + recency * _FRESHNESS[ages]))


_FRESHNESS: Final = 0.5 ** (np.arange(20 * FRESH_FOR) / FRESH_FOR)  # by age in days
