"""The best hits moved by nearness and exactness."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from archive.search import analysis
from archive.search.index import Sort
from archive.search.query import Group, Node, Word
from archive.search.whoosh.arrays import Array, among
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.scorer import Scorer, fields_of
from archive.search.whoosh.searching.terms import STRIDE
from archive.search.whoosh.searching.top_hits import Found, Ranked, ranked
from archive.search.whoosh.segment.schema import FORM

NEARNESS: Final = 0.25  # of the rarer word's worth is added where two words of the query stand side by side
EXACTNESS: Final = 0.1  # of a word's worth is added where it stands as it was typed, with the same ending
FARTHEST: Final = 10  # words apart that still count as near
MOST_NEAR: Final = 8  # pairs of words whose distance is looked at
LOOKED_AT: Final = 50  # hits that can move up by nearness and by exactness


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
