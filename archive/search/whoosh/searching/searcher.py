"""One query answered from one snapshot of the embedded index. Imported by who searches: it brings NumPy."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Final

from archive.search import analysis
from archive.search.index import MOST_PER_PAGE, Hit, Results, SearchQuery, Sort
from archive.search.query import parse, without_stop_words
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.deadline import Deadline, TooLateError
from archive.search.whoosh.searching.facets import facets
from archive.search.whoosh.searching.filters import filtered
from archive.search.whoosh.searching.rescoring import closest_first
from archive.search.whoosh.searching.scorer import Scorer
from archive.search.whoosh.searching.spell_checker import meant
from archive.search.whoosh.searching.top_hits import Found, ranked, recent_above

LONGEST: Final = 1.5  # seconds; what is not done by then is left out, and a note says so


def answer(
    snapshot: Snapshot, cache: Cache, query: SearchQuery, *, recency: float = 0.0, seconds: float = LONGEST
) -> Results:
    """`recency`: by which part of itself the score of the newest article grows.

    Raises IndexUnavailable where a file turns out to be damaged."""
    parsed = parse(query.text)
    deadline = Deadline(seconds)
    scorer = Scorer(snapshot, cache, deadline)
    sort = query.sort
    stops = partial(analysis.says_nothing, articles=scorer.terms.spoken())
    root = parsed.root
    if root is not None:
        root = without_stop_words(root, stops)
        matches = scorer.matches(root)
    elif query.text.strip():
        return Results(0, (), notes=parsed.notes or ("There is no word to search for.",))
    else:
        matches = scorer.everything()
        sort = Sort.NEWEST if sort is Sort.RELEVANCE else sort
    everything = filtered(snapshot, cache, Found(*matches.settled()), query)
    found = everything.left()
    per_page = min(max(query.per_page, 1), MOST_PER_PAGE)
    first = (max(query.page, 1) - 1) * per_page
    total = len(found)
    if first >= total:
        hits = []
    elif sort is Sort.RELEVANCE and root is not None:
        found = recent_above(snapshot, found, recency)
        hits = closest_first(scorer, root, snapshot, found, first=first, count=per_page)
    else:
        hits = ranked(snapshot, found, sort, first=first, count=per_page)

    def number(text: str) -> int:
        if (other := parse(text).root) is None or deadline.passed():
            return 0
        matches = Scorer(snapshot, cache, deadline).matches(without_stop_words(other, stops))
        return len(filtered(snapshot, cache, Found(*matches.settled()), query).left())

    counts = facets(snapshot, cache, everything, scorer.late) if query.with_facets else {}
    suggestion = None
    with suppress(TooLateError):
        suggestion = meant(snapshot, cache, scorer, query.text, root, total, number)
    return Results(
        total,
        tuple(Hit(hit.id, hit.score) for hit in hits),
        facets=counts,
        suggestion=suggestion,
        notes=(*parsed.notes, *dict.fromkeys(scorer.notes)),
        languages=snapshot.languages,
        searched=root,
    )
