"""Facet counts of the documents found, by date and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from archive.search.facets import date_counts, label_counts, most_frequent
from archive.search.fields import LABEL, LabelTerm
from archive.search.index import Facet
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.doc_values import doc_values
from archive.search.whoosh.searching.filters import FilteredDocuments
from archive.search.whoosh.searching.top_hits import ScoredDocuments
from archive.search.whoosh.segment.postings import read_postings
from archive.search.whoosh.segment.segment import Segment


@dataclass(frozen=True, slots=True, eq=False)
class SegmentLabels:
    """The labels of a segment. The documents with `labels[n]` are `documents` from `starts[n]` to the next start."""

    labels: Sequence[LabelTerm]
    documents: Array
    starts: Array

    @classmethod
    def of(cls, segment: Segment) -> SegmentLabels:
        terms = list(segment.terms(LABEL, b""))
        lists = [read_postings(segment, LABEL, term).documents for term in terms]
        starts = np.cumsum([0, *(len(documents) for documents in lists)])[:-1]
        documents = np.concatenate(lists) if lists else np.empty(0, np.uint32)
        return cls([LabelTerm.parse(term.decode()) for term in terms], documents, starts)

    @property
    def nbytes(self) -> int:
        return int(self.documents.nbytes + self.starts.nbytes) + 300 * len(self.labels)


def count_facets(
    snapshot: Snapshot, cache: Cache, found: FilteredDocuments, is_late: Callable[[], bool] = lambda: False
) -> dict[str, list[Facet]]:
    """Counts the documents that pass the filters, by year, month, label and language. A facet with a filter is counted
    without that filter: it shows how many documents each other value would select. Empty once `is_late` is true."""
    if is_late():
        return {}
    passing = found.passing()
    counts = _by_date(snapshot, passing) | _by_label(snapshot, cache, passing)
    for name in found.masks:
        if is_late():
            return {}
        others = found.passing(without=name)
        counts[name] = (_by_date(snapshot, others) if name == "year" else _by_label(snapshot, cache, others))[name]
    return {name: most_frequent(of_value) for name, of_value in counts.items()}


def _by_date(snapshot: Snapshot, found: ScoredDocuments) -> dict[str, Counter[str]]:
    months: dict[int, int] = {}
    if len(found):
        counts = np.bincount(doc_values(snapshot).months[found.documents])
        occurring = np.flatnonzero(counts)
        months = dict(zip(occurring.tolist(), counts[occurring].tolist(), strict=True))
    return date_counts(months)


def _by_label(snapshot: Snapshot, cache: Cache, found: ScoredDocuments) -> dict[str, Counter[str]]:
    return label_counts(_labels(snapshot, cache, found))


def _labels(snapshot: Snapshot, cache: Cache, found: ScoredDocuments) -> Iterator[tuple[LabelTerm, int]]:
    """The labels of the documents, segment by segment, with the numbers of documents in the segment."""
    values = doc_values(snapshot)
    mask = np.zeros(values.size, np.bool_)
    mask[found.documents] = True
    for part, base in zip(snapshot.segments, values.bases, strict=False):
        here = mask[base : base + part.segment.documents]
        if not here.any():
            continue
        of_segment = _segment_labels(cache, part.segment)
        if not len(of_segment.starts):
            continue
        counts = np.add.reduceat(here[of_segment.documents], of_segment.starts, dtype=np.int64)
        for number in np.flatnonzero(counts).tolist():
            yield of_segment.labels[number], int(counts[number])


def _segment_labels(cache: Cache, segment: Segment) -> SegmentLabels:
    return cache.get((segment.name, "labels"), lambda: SegmentLabels.of(segment), lambda value: value.nbytes)
