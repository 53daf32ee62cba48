"""How what was found divides by date and label."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from archive.labels import LabelKind
from archive.search.index import Facet
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.filters import Filtered
from archive.search.whoosh.searching.top_hits import Found
from archive.search.whoosh.segment.postings import counted
from archive.search.whoosh.segment.schema import LABEL, LANGUAGE, Named
from archive.search.whoosh.segment.segment import Segment

MOST_FACETS: Final = 100  # values a facet


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
