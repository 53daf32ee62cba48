"""Reorders the best hits by proximity of the query words and by exact forms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from archive.search import analysis
from archive.search.fields import FORM, text_fields
from archive.search.index import Sort
from archive.search.query import Group, Node, Word
from archive.search.whoosh.arrays import Array, intersects
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.scorer import Scorer
from archive.search.whoosh.searching.terms import STRIDE
from archive.search.whoosh.searching.top_hits import RankedHit, ScoredDocuments, top_hits

PROXIMITY_WEIGHT: Final = 0.25  # share of the lower idf that is added if two query words are adjacent
EXACTNESS_WEIGHT: Final = 0.1  # share of a word's idf that is added if it occurs as typed, with the same ending
MAX_DISTANCE: Final = 10  # in words; beyond, nothing is added for proximity
MAX_PAIRS: Final = 8  # pairs of words whose distance is computed
MAX_RESCORED: Final = 50  # hits


def rescored_hits(
    scorer: Scorer, root: Node, snapshot: Snapshot, found: ScoredDocuments, *, first: int, count: int
) -> list[RankedHit]:
    """`top_hits` by relevance, with the best MAX_RESCORED hits reordered."""
    words = _words(root)
    if words and first < MAX_RESCORED and len(found) > 1:
        best = top_hits(snapshot, found, Sort.RELEVANCE, first=0, count=MAX_RESCORED)
        at = np.searchsorted(found.documents, sorted(hit.document for hit in best))
        documents = found.documents[at]
        scores = found.scores[at] + _proximity(scorer, _pairs(words), documents) + _exactness(scorer, words, documents)
        hits = top_hits(snapshot, ScoredDocuments(documents, scores), Sort.RELEVANCE, first=0, count=MAX_RESCORED)
        if first + count <= len(hits) or len(found) <= len(hits):
            return hits[first : first + count]
        # Rescored hits precede all others, so that pages neither skip nor repeat hits.
        is_rescored = np.zeros(len(found), np.bool_)
        is_rescored[at] = True
        rest = top_hits(snapshot, found.only(~is_rescored), Sort.RELEVANCE, first=0, count=first + count - len(hits))
        return (hits + rest)[first : first + count]
    return top_hits(snapshot, found, Sort.RELEVANCE, first=first, count=count)


def _exactness(scorer: Scorer, words: Sequence[Word], documents: Array) -> Array:
    """The score increments of these sorted documents for containing the words as typed, in any field."""
    increments = np.zeros(len(documents))
    for word in words:
        if scorer.is_late():
            break
        exact = scorer.terms.term(FORM, analysis.fold(word.text)).documents
        increments += EXACTNESS_WEIGHT * scorer.idf(word) * intersects(documents, exact)
    return increments


def _proximity(scorer: Scorer, pairs: Sequence[tuple[Word, Word]], documents: Array) -> Array:
    """The score increments of these sorted documents for containing the words of a pair near each other."""
    increments = np.zeros(len(documents))
    for left, right in pairs:
        if scorer.is_late():
            break
        distances = np.full(len(documents), MAX_DISTANCE + 1)
        for field in text_fields(left.field):
            of_left = scorer.terms.word_keys(left.text, field, documents)
            of_right = scorer.terms.word_keys(right.text, field, documents) if len(of_left) else of_left
            if len(of_right):
                np.minimum.at(distances, of_left // STRIDE, _distances(of_left, of_right))
        weight = PROXIMITY_WEIGHT * min(scorer.idf(left), scorer.idf(right))
        increments += np.where(distances <= MAX_DISTANCE, weight / distances, 0.0)
    return increments


def _distances(left: Array, right: Array) -> Array:
    """The distance from each key of the left word to the nearest of the right; 1 more if the right word precedes."""
    after = np.searchsorted(right, left)
    ahead = np.where(after < len(right), right[np.minimum(after, len(right) - 1)] - left, STRIDE)
    behind = np.where(after > 0, left - right[np.maximum(after - 1, 0)] + 1, STRIDE)
    # A key of another document is far away, since texts end long before STRIDE.
    nearest: Array = np.minimum(np.maximum(ahead, 1), np.maximum(behind, 1))
    return nearest


def _words(root: Node) -> list[Word]:
    """The words of the query, except those in parentheses: the required ones, then the others."""
    parts = (*root.must, *root.wanted) if isinstance(root, Group) else (root,)
    return [part for part in parts if isinstance(part, Word)][: MAX_PAIRS + 1]


def _pairs(words: Sequence[Word]) -> list[tuple[Word, Word]]:
    """The pairs of consecutive words with the same field."""
    return [(left, right) for left, right in pairwise(words) if left.field == right.field]
