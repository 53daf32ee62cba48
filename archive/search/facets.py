"""Facets from document counts: the spelling, order and number of their values."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from archive.labels import LabelKind
from archive.search.fields import LANGUAGE, LabelTerm
from archive.search.index import Facet

MAX_FACETS: Final = 100  # values per facet


def date_counts(months: Mapping[int, int]) -> dict[str, Counter[str]]:
    """Counts for the facets "year" and "month". `months`: documents by number of months since the year 0."""
    years: Counter[str] = Counter()
    for month, count in months.items():
        years[f"{month // 12:04}"] += count
    return {
        "year": years,
        "month": Counter({f"{month // 12:04}-{month % 12 + 1:02}": count for month, count in months.items()}),
    }


def label_counts(labels: Iterable[tuple[LabelTerm, int]]) -> dict[str, Counter[str]]:
    """Counts for the facet of each label kind and of the language. Spellings with the same key are one value, named by
    the most frequent spelling.

    `labels`: labels with document counts; a label may occur several times."""
    spellings: dict[str, dict[str, Counter[str]]] = {}
    for label, count in labels:
        spellings.setdefault(label.kind, {}).setdefault(label.key, Counter())[label.name] += count
    return {
        str(kind): Counter({usual_spelling(names): names.total() for names in spellings.get(kind, {}).values()})
        for kind in (*LabelKind, LANGUAGE)
    }


def usual_spelling(names: Mapping[str, int]) -> str:
    """The most frequent spelling; ties in alphabetical order."""
    return min(names, key=lambda name: (-names[name], name))


def most_frequent(counts: Mapping[str, int]) -> list[Facet]:
    ordered = heapq.nsmallest(MAX_FACETS, counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Facet(value, count) for value, count in ordered]
