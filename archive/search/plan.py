"""A search query as an engine executes it: parsed, without stop words, with its order and its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from archive.search.index import MAX_PER_PAGE, Results, SearchQuery, Sort
from archive.search.query import Node, parse, without_stop_words
from archive.search.stop_words import is_stop_word_here


@dataclass(frozen=True, slots=True)
class Plan:
    """`root`: None where every article matches, or none (`matches_nothing`). Hits `first` to `first + count` are
    wanted, counted from 0."""

    root: Node | None
    sort: Sort
    first: int
    count: int
    notes: tuple[str, ...] = ()
    matches_nothing: bool = False

    def empty_results(self) -> Results:
        """For `matches_nothing`."""
        return Results(0, (), notes=self.notes or ("There is no word to search for.",))


def plan(query: SearchQuery, language_counts: Mapping[str, int]) -> Plan:
    """`language_counts`: the articles of the index by language, which decide what is a stop word."""
    parsed = parse(query.text)
    root = parsed.root
    if root is not None:
        root = without_stop_words(root, partial(is_stop_word_here, language_counts=language_counts))
    matches_nothing = root is None and bool(query.text.strip())
    count = min(max(query.per_page, 1), MAX_PER_PAGE)
    # Without words, all scores are 0.
    sort = Sort.NEWEST if root is None and query.sort is Sort.RELEVANCE else query.sort
    return Plan(root, sort, (max(query.page, 1) - 1) * count, count, parsed.notes, matches_nothing)
