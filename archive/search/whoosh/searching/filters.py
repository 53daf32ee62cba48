"""What the reader's filters leave of what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from archive.labels import LabelKind
from archive.search.index import SearchQuery
from archive.search.whoosh.arrays import Mask
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.top_hits import Found
from archive.search.whoosh.segment.postings import Counted, counted
from archive.search.whoosh.segment.schema import LABEL, LANGUAGE, label_prefix
from archive.search.whoosh.segment.segment import Segment

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
