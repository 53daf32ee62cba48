"""Executes a search query on a snapshot. Imported on the first search, since it loads NumPy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from archive.search.deadline import Deadline
from archive.search.index import Hit, Results, SearchQuery, Sort
from archive.search.plan import Plan, plan
from archive.search.spelling import did_you_mean
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.facets import count_facets
from archive.search.whoosh.searching.filters import FilteredDocuments, apply_filters
from archive.search.whoosh.searching.index_reader import SnapshotReader
from archive.search.whoosh.searching.rescoring import rescored_hits
from archive.search.whoosh.searching.scorer import Scorer
from archive.search.whoosh.searching.top_hits import ScoredDocuments, boost_recent, top_hits

TIMEOUT: Final = timedelta(seconds=1.5)  # after which the remaining work is skipped, with a note


def search(
    snapshot: Snapshot, cache: Cache, query: SearchQuery, *, recency: float = 0.0, timeout: timedelta = TIMEOUT
) -> Results:
    """Executes a query. `recency`: the score of the newest article is multiplied by 1 + `recency`.

    Raises IndexUnavailable if a file is damaged."""
    reader = SnapshotReader(snapshot, cache)
    planned = plan(query, reader.language_counts())
    if planned.matches_nothing:
        return planned.empty_results()
    deadline = Deadline(timeout)
    scorer = Scorer(snapshot, cache, deadline)
    found = _filtered(snapshot, cache, scorer, planned, query)
    passing = found.passing()
    total = len(passing)
    if planned.first >= total:
        hits = []
    elif planned.sort is Sort.RELEVANCE and planned.root is not None:
        passing = boost_recent(snapshot, passing, recency)
        hits = rescored_hits(scorer, planned.root, snapshot, passing, first=planned.first, count=planned.count)
    else:
        hits = top_hits(snapshot, passing, planned.sort, first=planned.first, count=planned.count)

    def count_hits(text: str) -> int:
        other = plan(replace(query, text=text), reader.language_counts())
        if other.root is None or deadline.passed():
            return 0
        return len(_filtered(snapshot, cache, Scorer(snapshot, cache, deadline), other, query).passing())

    facets = count_facets(snapshot, cache, found, scorer.is_late) if query.with_facets else {}
    suggestion = did_you_mean(reader, query.text, planned.root, total=total, count_hits=count_hits, deadline=deadline)
    return Results(
        total,
        tuple(Hit(hit.id, hit.score) for hit in hits),
        facets=facets,
        suggestion=suggestion,
        notes=(*planned.notes, *dict.fromkeys(scorer.notes)),
        languages=snapshot.languages,
        searched=planned.root,
    )


def _filtered(snapshot: Snapshot, cache: Cache, scorer: Scorer, planned: Plan, query: SearchQuery) -> FilteredDocuments:
    matches = scorer.everything() if planned.root is None else scorer.matches(planned.root)
    return apply_filters(snapshot, cache, ScoredDocuments(*matches.summed()), query)
