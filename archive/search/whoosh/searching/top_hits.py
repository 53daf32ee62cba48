"""Of what was found in the embedded index: what filters leave, what comes first, and how it divides."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np

from archive.article import LabelKind
from archive.search import analysis
from archive.search.index import Facet, SearchQuery, Sort
from archive.search.query import Group, Node, Word
from archive.search.whoosh.reader import Cache, Snapshot
from archive.search.whoosh.searching.doc_values import Array, Mask
from archive.search.whoosh.searching.postings import STRIDE, Counted, among, counted
from archive.search.whoosh.searching.scorer import Scorer, fields_of
from archive.search.whoosh.segment.segment import FORM, LABEL, LANGUAGE, Named, Segment, label_prefix

NEARNESS: Final = 0.25  # of the rarer word's worth is added where two words of the query stand side by side
EXACTNESS: Final = 0.1  # of a word's worth is added where it stands as it was typed, with the same ending
FARTHEST: Final = 10  # words apart that still count as near
MOST_NEAR: Final = 8  # pairs of words whose distance is looked at
LOOKED_AT: Final = 50  # hits that can move up by nearness and by exactness
FRESH_FOR: Final = 365  # days, after which half of what recency adds has gone
MOST_FACETS: Final = 100  # values a facet


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


# Filters -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """What was found, and which of it each of the reader's filters leaves, by the name of the facet that it is of."""

    found: Found
    masks: Mapping[str, Mask]

    def left(self, *, without: str | None = None) -> Found:
        """By all the filters, or by all but one."""
        masks = [mask for name, mask in self.masks.items() if name != without]
        return self.found.only(np.logical_and.reduce(masks)) if masks else self.found


def filtered(snapshot: Snapshot, cache: Cache, found: Found, query: SearchQuery) -> Filtered:
    """`found` with the reader's filters."""
    columns = snapshot.columns
    masks: dict[str, Mask] = {}
    labels = (
        (LabelKind.SECTION, query.section),
        (LabelKind.TAG, query.tag),
        (LabelKind.AUTHOR, query.author),
        (LANGUAGE, query.language),
    )
    for kind, name in labels:
        if name:
            carrying = np.zeros(columns.size, np.bool_)
            for part, base in zip(snapshot.parts, columns.bases, strict=False):
                for term in part.segment.terms(LABEL, label_prefix(kind, name)):
                    carrying[_labelled(cache, part.segment, term).documents + np.int64(base)] = True
            masks[str(kind)] = carrying[found.documents]
    if query.first_day is not None or query.last_day is not None:
        days = columns.days[found.documents]
        first = (query.first_day or date.min).toordinal()
        last = (query.last_day or date.max).toordinal()
        masks["year"] = (days >= first) & (days <= last)
    return Filtered(found, masks)


def _labelled(cache: Cache, segment: Segment, term: bytes) -> Counted:
    key = segment.name, LABEL, term
    return cache.get(key, lambda: counted(segment, LABEL, term), lambda held: held.nbytes)


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


def closest_first(
    scorer: Scorer, root: Node, snapshot: Snapshot, found: Found, *, first: int, count: int
) -> list[Ranked]:
    """`ranked` by relevance, the best of them moved by how close together the words of the query stand, and by
    whether they stand there as they were typed."""
    words = _words(root)
    if words and first < LOOKED_AT and len(found) > 1:
        best = ranked(snapshot, found, Sort.RELEVANCE, first=0, count=LOOKED_AT)
        places = np.searchsorted(found.documents, sorted(hit.document for hit in best))
        documents = found.documents[places]
        scores = found.scores[places] + nearness(scorer, _pairs(words), documents) + exactness(scorer, words, documents)
        hits = ranked(snapshot, Found(documents, scores), Sort.RELEVANCE, first=0, count=LOOKED_AT)
        if first + count <= len(hits) or len(found) <= len(hits):
            return hits[first : first + count]
        # Whoever was looked at stays before whoever was not, so that pages neither skip nor repeat.
        looked_at = np.zeros(len(found), np.bool_)
        looked_at[places] = True
        rest = ranked(snapshot, found.only(~looked_at), Sort.RELEVANCE, first=0, count=first + count - len(hits))
        return (hits + rest)[first : first + count]
    return ranked(snapshot, found, Sort.RELEVANCE, first=first, count=count)


def exactness(scorer: Scorer, words: Sequence[Word], documents: Array) -> Array:
    """What documents, in order, gain by having the words of the query as they were typed, in whichever field."""
    gained = np.zeros(len(documents))
    for word in words:
        if scorer.late():
            break
        exact = scorer.terms.term(FORM, analysis.fold(word.text)).documents
        gained += EXACTNESS * scorer.worth(word) * among(documents, exact)
    return gained


def nearness(scorer: Scorer, pairs: Sequence[tuple[Word, Word]], documents: Array) -> Array:
    """What documents, in order, gain by having the words of the query close together."""
    gained = np.zeros(len(documents))
    for left, right in pairs:
        if scorer.late():
            break
        distances = np.full(len(documents), FARTHEST + 1)
        for field in fields_of(left.field):
            of_left = scorer.terms.keys(left.text, field, documents)
            of_right = scorer.terms.keys(right.text, field, documents) if len(of_left) else of_left
            if len(of_right):
                np.minimum.at(distances, of_left // STRIDE, _distances(of_left, of_right))
        worth = NEARNESS * min(scorer.worth(left), scorer.worth(right))
        gained += np.where(distances <= FARTHEST, worth / distances, 0.0)
    return gained


def _distances(left: Array, right: Array) -> Array:
    """From each place of the one to the nearest of the other; a step more where they are the wrong way round."""
    after = np.searchsorted(right, left)
    ahead = np.where(after < len(right), right[np.minimum(after, len(right) - 1)] - left, STRIDE)
    behind = np.where(after > 0, left - right[np.maximum(after - 1, 0)] + 1, STRIDE)
    # In another document they are many words apart, as texts end long before STRIDE.
    nearest: Array = np.minimum(np.maximum(ahead, 1), np.maximum(behind, 1))
    return nearest


def _words(root: Node) -> list[Word]:
    """The words that were typed, in order, without those of groups in parentheses."""
    parts = (*root.must, *root.wanted) if isinstance(root, Group) else (root,)
    return [part for part in parts if isinstance(part, Word)][: MOST_NEAR + 1]


def _pairs(words: Sequence[Word]) -> list[tuple[Word, Word]]:
    """Those that follow one another, two by two."""
    return [(left, right) for left, right in pairwise(words) if left.field == right.field]


# Facets --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The labels of a segment's documents: those that carry the nth are in `documents` from `starts[n]` on."""

    names: Sequence[Named]
    documents: Array
    starts: Array

    @classmethod
    def of(cls, segment: Segment) -> Labels:
        terms = list(segment.terms(LABEL, b""))
        lists = [counted(segment, LABEL, term).documents for term in terms]
        starts = np.cumsum([0, *(len(documents) for documents in lists)])[:-1]
        documents = np.concatenate(lists) if lists else np.empty(0, np.uint32)
        return cls([Named.of(term) for term in terms], documents, starts)

    @property
    def nbytes(self) -> int:
        return int(self.documents.nbytes + self.starts.nbytes) + 300 * len(self.names)


def facets(
    snapshot: Snapshot, cache: Cache, found: Filtered, late: Callable[[], bool] = lambda: False
) -> dict[str, list[Facet]]:
    """How many of the documents that the filters leave are of each year, month, label and language. What a filter
    chooses among is counted without it: how many there would be of each other choice. Nothing, when it gets late."""
    if late():
        return {}
    left = found.left()
    counted_by = _by_date(snapshot, left) | _by_label(snapshot, cache, left)
    for name in found.masks:
        if late():
            return {}
        others = found.left(without=name)
        counts = _by_date(snapshot, others) if name == "year" else _by_label(snapshot, cache, others)
        counted_by[name] = counts[name]
    return {name: _most_frequent(counts) for name, counts in counted_by.items()}


def _by_date(snapshot: Snapshot, found: Found) -> dict[str, Counter[str]]:
    months: dict[int, int] = {}
    if len(found):
        counts = np.bincount(snapshot.columns.months[found.documents])
        held = np.flatnonzero(counts)
        months = dict(zip(held.tolist(), counts[held].tolist(), strict=True))
    years: Counter[str] = Counter()
    for month, count in months.items():
        years[f"{month // 12:04}"] += count
    named = {f"{month // 12:04}-{month % 12 + 1:02}": count for month, count in months.items()}
    return {"year": years, "month": Counter(named)}


def _by_label(snapshot: Snapshot, cache: Cache, found: Found) -> dict[str, Counter[str]]:
    spellings = _spellings(snapshot, cache, found)
    return {
        str(kind): Counter({_usual(of_key): of_key.total() for of_key in spellings.get(kind, {}).values()})
        for kind in (*LabelKind, LANGUAGE)
    }


def _spellings(snapshot: Snapshot, cache: Cache, found: Found) -> dict[str, dict[str, Counter[str]]]:
    """By kind, key and name: how many of the documents carry the label."""
    mask = np.zeros(snapshot.columns.size, np.bool_)
    mask[found.documents] = True
    spellings: dict[str, dict[str, Counter[str]]] = {}
    for part, base in zip(snapshot.parts, snapshot.columns.bases, strict=False):
        here = mask[base : base + part.segment.documents]
        if not here.any():
            continue
        labels = _labels(cache, part.segment)
        if not len(labels.starts):
            continue
        counts = np.add.reduceat(here[labels.documents], labels.starts, dtype=np.int64)
        for number in np.flatnonzero(counts).tolist():
            label = labels.names[number]
            of_key = spellings.setdefault(label.kind, {}).setdefault(label.key, Counter())
            of_key[label.name] += int(counts[number])
    return spellings


def _labels(cache: Cache, segment: Segment) -> Labels:
    return cache.get((segment.name, "labels"), lambda: Labels.of(segment), lambda held: held.nbytes)


def _usual(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda name: (-spellings[name], name))


def _most_frequent(counts: Counter[str]) -> list[Facet]:
    ordered = heapq.nsmallest(MOST_FACETS, counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Facet(value, count) for value, count in ordered]
