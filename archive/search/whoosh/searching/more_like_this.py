"""Articles like another one: those that score best for its most telling words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from archive.article import Article
from archive.search import analysis
from archive.search.index import Hit, Sort
from archive.search.query import Node, Phrase, Word, leaves, parse
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.deadline import Deadline
from archive.search.whoosh.searching.scorer import Matches, Scorer
from archive.search.whoosh.searching.terms import Terms, table
from archive.search.whoosh.searching.top_hits import Found, ranked

LONGEST: Final = 1.0  # seconds
LOOKED_AT: Final = 20_000  # characters of a text: what an article is about, it says early
CONSIDERED: Final = 80  # words, the most frequent in the article
TELLING: Final = 15  # of them are searched for
MOST_PAIRS: Final = 6  # of characters of a script without spaces, from the title
FEW: Final = 100  # documents, of which those that were deleted are left out; among more they do not matter
FIELDS: Final = ("title", "body")
IN_TITLE: Final = 3  # as often as this in the text
SHORTEST: Final = 3  # letters of a word that may be telling
ALIKE: Final = 0.15  # of what the article itself scores; with less, two articles share a few words only
NEAR: Final = 0.1  # of the score is added for being of the same day
HALF_AS_NEAR: Final = 30  # days


class Telling(NamedTuple):
    """Something to search for, and how much the article makes of it, from 0 to 1."""

    node: Node
    weight: float


def similar(snapshot: Snapshot, cache: Cache, article: Article, limit: int) -> Sequence[Hit]:
    """See SearchIndex.similar. Raises IndexUnavailable where a file turns out to be damaged."""
    own = _documents(snapshot, article.id)
    scorer = Scorer(snapshot, cache, Deadline(LONGEST))
    matches = Matches(snapshot.columns.size)
    for telling in (*_words(snapshot, cache, article, known=bool(len(own))), *_pairs(article)):
        matches += scorer.matches(telling.node).times(telling.weight)
    documents, scores = matches.settled()
    least = ALIKE * float(scores[np.isin(documents, own)].max(initial=0.0))
    kept = ~np.isin(documents, own) & (scores >= least)
    documents, scores = documents[kept], scores[kept]
    if article.day is not None:
        days = np.abs(snapshot.columns.days[documents] - article.day.toordinal())
        scores = scores * (1 + NEAR * HALF_AS_NEAR / (HALF_AS_NEAR + days))
    hits = ranked(snapshot, Found(documents, scores), Sort.RELEVANCE, first=0, count=limit) if limit > 0 else []
    return tuple(Hit(hit.id, hit.score) for hit in hits)


def _documents(snapshot: Snapshot, article_id: str) -> Sequence[int]:
    """Those that hold the article, deleted or not: at most one of them lives."""
    found = (
        (part.segment.find(article_id), base)
        for part, base in zip(snapshot.parts, snapshot.columns.bases, strict=False)
    )
    return [base + document for document, base in found if document is not None]


def _words(snapshot: Snapshot, cache: Cache, article: Article, *, known: bool) -> Iterator[Telling]:
    """The words that stand often in the article and seldom elsewhere (tf-idf), the most telling first.

    `known`: the article itself is in the index, so that a word in one document only leads nowhere."""
    language = analysis.language_of(article.language)
    spoken = frozenset((language,))
    counts: Counter[str] = Counter()
    forms: dict[str, str] = {}
    for text, often in ((article.title, IN_TITLE), (article.text[:LOOKED_AT], 1)):
        for form, (term, *_) in analysis.analysed(text, language):
            if len(form) >= SHORTEST and not form[0].isdigit() and not analysis.is_stop_word(form, spoken):
                counts[term] += often
                forms.setdefault(term, form)
    telling: dict[str, tuple[float, float]] = {}
    tables = [[table(part.segment, field, cache) for field in FIELDS] for part in snapshot.parts]
    terms = Terms(snapshot, cache)
    for term, often in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:CONSIDERED]:
        encoded = term.encode("utf-8", "replace")
        found = sum(max(held.count(encoded) for held in fields) for fields in tables)
        if found <= FEW:
            found = max(len(terms.term(field, term).documents) for field in FIELDS)
        if found > known:
            weight = often / (often + 1.5)
            telling[term] = weight * math.log(1 + (snapshot.living + 0.5) / (found + 0.5)), weight
    for term in sorted(telling, key=lambda term: (-telling[term][0], term))[:TELLING]:
        yield Telling(Word(forms[term]), telling[term][1])


def _pairs(article: Article) -> Iterator[Telling]:
    pairs = [leaf for leaf in leaves(parse(article.title).root) if isinstance(leaf, Phrase)]
    for pair in pairs[:MOST_PAIRS]:
        if all(map(analysis.is_unspaced, pair.words)):
            yield Telling(pair, 1.0)
