"""Executes the weighted query for similar articles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archive.search.deadline import Deadline
from archive.search.index import Hit, Sort
from archive.search.reader import MoreLikeThis
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.doc_values import doc_values
from archive.search.whoosh.searching.scorer import Matches, Scorer
from archive.search.whoosh.searching.top_hits import ScoredDocuments, top_hits


def more_like_this(
    snapshot: Snapshot, cache: Cache, wanted: MoreLikeThis, *, limit: int, deadline: Deadline
) -> Sequence[Hit]:
    """See IndexReader.more_like_this."""
    values = doc_values(snapshot)
    scorer = Scorer(snapshot, cache, deadline)
    matches = Matches(values.size)
    for node, weight in wanted.nodes:
        matches += scorer.matches(node).times(weight)
    documents, scores = matches.summed()
    is_article = np.isin(documents, documents_of(snapshot, wanted.article_id))
    min_score = wanted.min_share * float(scores[is_article].max(initial=0.0))
    kept = ~is_article & (scores >= min_score)
    documents, scores = documents[kept], scores[kept]
    if wanted.day is not None:
        scores = scores * wanted.boost(np.abs(values.days[documents] - wanted.day.toordinal()))
    hits = top_hits(snapshot, ScoredDocuments(documents, scores), Sort.RELEVANCE, first=0, count=limit)
    return tuple(Hit(hit.id, hit.score) for hit in hits)


def documents_of(snapshot: Snapshot, article_id: str) -> Sequence[int]:
    """The documents of an article, deleted or not; at most one of them is live."""
    found = (
        (part.segment.find(article_id), base)
        for part, base in zip(snapshot.segments, doc_values(snapshot).bases, strict=False)
    )
    return [base + document for document, base in found if document is not None]
