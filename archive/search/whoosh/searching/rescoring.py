"""The best hits, reordered by how near to one another and how exactly they have the words of the query."""

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

PROXIMITY_WEIGHT: Final = 0.25  # of the lower idf is added where two words of the query are side by side
EXACTNESS_WEIGHT: Final = 0.1  # of a word's idf is added where it occurs as typed, with the same ending
MAX_DISTANCE: Final = 10  # words apart that still count as near
MAX_PAIRS: Final = 8  # of words whose distance is looked up
MAX_RESCORED: Final = 50  # hits


def rescored_hits(
    scorer: Scorer, root: Node, snapshot: Snapshot, found: ScoredDocuments, *, first: int, count: int
) -> list[RankedHit]:
    """`top_hits` by relevance, with the first MAX_RESCORED reordered."""
    words = _words(root)
    if words and first < MAX_RESCORED and len(found) > 1:
        best = top_hits(snapshot, found, Sort.RELEVANCE, first=0, count=MAX_RESCORED)
        at = np.searchsorted(found.documents, sorted(hit.document for hit in best))
        documents = found.documents[at]
        scores = found.scores[at] + _proximity(scorer, _pairs(words), documents) + _exactness(scorer, words, documents)
        hits = top_hits(snapshot, ScoredDocuments(documents, scores), Sort.RELEVANCE, first=0, count=MAX_RESCORED)
        if first + count <= len(hits) or len(found) <= len(hits):
            return hits[first : first + count]
        # All rescored hits come before all others, so that pages neither skip nor repeat.
        is_rescored = np.zeros(len(found), np.bool_)
        is_rescored[at] = True
        rest = top_hits(snapshot, found.only(~is_rescored), Sort.RELEVANCE, first=0, count=first + count - len(hits))
        return (hits + rest)[first : first + count]
    return top_hits(snapshot, found, Sort.RELEVANCE, first=first, count=count)


def _exactness(scorer: Scorer, words: Sequence[Word], documents: Array) -> Array:
    """What is added to the scores of these sorted documents for having the words as typed, in any field."""
    gained = np.zeros(len(documents))
    for word in words:
        if scorer.late():
            break
        exact = scorer.terms.term(FORM, analysis.fold(word.text)).documents
        gained += EXACTNESS_WEIGHT * scorer.idf(word) * intersects(documents, exact)
    return gained


def _proximity(scorer: Scorer, pairs: Sequence[tuple[Word, Word]], documents: Array) -> Array:
    """What is added to the scores of these sorted documents for having the words of each pair near to one another."""
    gained = np.zeros(len(documents))
    for left, right in pairs:
        if scorer.late():
            break
        distances = np.full(len(documents), MAX_DISTANCE + 1)
        for field in text_fields(left.field):
            of_left = scorer.terms.word_keys(left.text, field, documents)
            of_right = scorer.terms.word_keys(right.text, field, documents) if len(of_left) else of_left
            if len(of_right):
                np.minimum.at(distances, of_left // STRIDE, _distances(of_left, of_right))
        weight = PROXIMITY_WEIGHT * min(scorer.idf(left), scorer.idf(right))
        gained += np.where(distances <= MAX_DISTANCE, weight / distances, 0.0)
    return gained


def _distances(left: Array, right: Array) -> Array:
    """From each key of the left word to the nearest of the right; one more where the right word comes first."""
    after = np.searchsorted(right, left)
    ahead = np.where(after < len(right), right[np.minimum(after, len(right) - 1)] - left, STRIDE)
    behind = np.where(after > 0, left - right[np.maximum(after - 1, 0)] + 1, STRIDE)
    # A key of another document is far away, since texts end long before STRIDE.
    nearest: Array = np.minimum(np.maximum(ahead, 1), np.maximum(behind, 1))
    return nearest


def _words(root: Node) -> list[Word]:
    """The words of the query in order, without those in parentheses."""
    parts = (*root.must, *root.wanted) if isinstance(root, Group) else (root,)
    return [part for part in parts if isinstance(part, Word)][: MAX_PAIRS + 1]


def _pairs(words: Sequence[Word]) -> list[tuple[Word, Word]]:
    """Consecutive words of the same field, two by two."""
    return [(left, right) for left, right in pairwise(words) if left.field == right.field]
