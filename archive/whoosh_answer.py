"""One query answered from one snapshot of the embedded index. Imported by who searches: it brings NumPy."""

from __future__ import annotations

from typing import Final

from archive.query import parse
from archive.search import MOST_PER_PAGE, Hit, Results, SearchQuery, Sort
from archive.whoosh_correcting import meant
from archive.whoosh_ranking import Found, closest_first, facets, filtered, ranked
from archive.whoosh_scoring import Deadline, Scorer
from archive.whoosh_snapshot import Cache, Snapshot

LONGEST: Final = 1.5  # seconds; what is not done by then is left out, and a note says so


def answer(snapshot: Snapshot, cache: Cache, query: SearchQuery, *, seconds: float = LONGEST) -> Results:
    """Raises IndexUnavailable where a file turns out to be damaged."""
    parsed = parse(query.text)
    scorer = Scorer(snapshot, cache, Deadline(seconds))
    sort = query.sort
    if parsed.root is not None:
        matches = scorer.matches(parsed.root)
    elif query.text.strip():
        return Results(0, (), notes=parsed.notes or ("There is no word to search for.",))
    else:
        matches = scorer.everything()
        sort = Sort.NEWEST if sort is Sort.RELEVANCE else sort
    found = filtered(snapshot, cache, Found(*matches.settled()), query)
    per_page = min(max(query.per_page, 1), MOST_PER_PAGE)
    first = (max(query.page, 1) - 1) * per_page
    total = len(found)
    if first >= total:
        hits = []
    elif sort is Sort.RELEVANCE and parsed.root is not None:
        hits = closest_first(scorer, parsed.root, snapshot, found, first=first, count=per_page)
    else:
        hits = ranked(snapshot, found, sort, first=first, count=per_page)
    deadline = Deadline(seconds)

    def number(text: str) -> int:
        if (root := parse(text).root) is None or deadline.passed():
            return 0
        matches = Scorer(snapshot, cache, deadline).matches(root)
        return len(filtered(snapshot, cache, Found(*matches.settled()), query))

    return Results(
        total,
        tuple(Hit(hit.id, hit.score) for hit in hits),
        facets=facets(snapshot, cache, found) if query.with_facets else {},
        suggestion=meant(snapshot, cache, scorer, query.text, parsed.root, total, number),
        notes=(*parsed.notes, *dict.fromkeys(scorer.notes)),
        languages=snapshot.languages,
    )
