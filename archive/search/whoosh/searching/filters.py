"""The filters of a query: section, tag, author, language and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from archive.search.fields import LABEL, label_prefix
from archive.search.index import SearchQuery
from archive.search.whoosh.arrays import Mask
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.doc_values import doc_values
from archive.search.whoosh.searching.top_hits import ScoredDocuments
from archive.search.whoosh.segment.postings import PostingList, read_postings
from archive.search.whoosh.segment.segment import Segment


@dataclass(frozen=True, slots=True, eq=False)
class FilteredDocuments:
    """Documents, and for each filter a mask of those that pass it, by the name of the filter's facet."""

    found: ScoredDocuments
    masks: Mapping[str, Mask]

    def passing(self, *, without: str | None = None) -> ScoredDocuments:
        """The documents that pass all filters, or all except one."""
        masks = [mask for name, mask in self.masks.items() if name != without]
        return self.found.only(np.logical_and.reduce(masks)) if masks else self.found


def apply_filters(snapshot: Snapshot, cache: Cache, found: ScoredDocuments, query: SearchQuery) -> FilteredDocuments:
    values = doc_values(snapshot)
    masks: dict[str, Mask] = {}
    for kind, name in query.label_filters.items():
        has_label = np.zeros(values.size, np.bool_)
        prefix = label_prefix(kind, name).encode()
        for part, base in zip(snapshot.segments, values.bases, strict=False):
            for term in part.segment.terms(LABEL, prefix):
                has_label[_postings(cache, part.segment, term).documents + np.int64(base)] = True
        masks[kind] = has_label[found.documents]
    if query.has_days:
        days = values.days[found.documents]
        first, last = query.day_ordinals
        masks["year"] = (days >= first) & (days <= last)
    return FilteredDocuments(found, masks)


def _postings(cache: Cache, segment: Segment, term: bytes) -> PostingList:
    key = segment.name, LABEL, term
    return cache.get(key, lambda: read_postings(segment, LABEL, term), lambda value: value.nbytes)
