"""A query that every search engine of the bench answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from archive.search.index import SearchQuery, Sort

LIMIT = 10  # hits of a query


@dataclass(frozen=True)
class BenchQuery:
    """A query for all engines. `needs`: the results wanted besides the hits."""

    text: str
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    kind: str = "words"  # words, phrase, prefix, fuzzy
    tag: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    newest: bool = False
    needs: str = ""  # facets, snippets, suggestions, spelling

    def query(self) -> SearchQuery:
        return SearchQuery(
            text=self.text,
            tag=self.tag,
            first_day=date.fromisoformat(self.first_day) if self.first_day else None,
            last_day=date.fromisoformat(self.last_day) if self.last_day else None,
            sort=Sort.NEWEST if self.newest else Sort.RELEVANCE,
            per_page=LIMIT,
            with_facets=self.needs == "facets",
        )
