"""The execution plan of a search query: parsed, without stop words, with sort order and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from archive.search.index import MAX_PER_PAGE, Results, SearchQuery, Sort
from archive.search.query import Node, parse, without_stop_words
from archive.search.stop_words import is_stop_word_here


@dataclass(frozen=True, slots=True)
class Plan:
    """`root` is None if every article matches, or no article (`matches_nothing`). The page is the hits from `first`,
    counted from 0, up to and excluding `first + count`."""

    root: Node | None
    sort: Sort
    first: int
    count: int
    notes: tuple[str, ...] = ()
    matches_nothing: bool = False

    def empty_results(self) -> Results:
        """The results of a plan that `matches_nothing`."""
        return Results(0, (), notes=self.notes or ("The query has no words to search for.",))


def plan(query: SearchQuery, language_counts: Mapping[str, int]) -> Plan:
    """`language_counts`: articles in the index by language, which determine the stop words."""
    parsed = parse(query.text)
    root = parsed.root
    if root is not None:
        root = without_stop_words(root, partial(is_stop_word_here, language_counts=language_counts))
    matches_nothing = root is None and bool(query.text.strip())
    count = min(max(query.per_page, 1), MAX_PER_PAGE)
    # Without words, every score is 0.
    sort = Sort.NEWEST if root is None and query.sort is Sort.RELEVANCE else query.sort
    return Plan(root, sort, (max(query.page, 1) - 1) * count, count, parsed.notes, matches_nothing)
