"""What a search index promises, whichever engine is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from archive.article import Article
from archive.labels import LabelKind
from archive.search.query import Node

MOST_PER_PAGE = 100


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What a reader asks. `text` is as typed and always valid; days are inclusive, in the site's zone.

    An empty text with filters browses, newest first. `section`, `tag` and `author` are names or keys,
    `language` is a tag as articles carry it, in any case."""

    text: str = ""
    section: str | None = None
    tag: str | None = None
    author: str | None = None
    language: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    per_page: int = 10
    with_facets: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Facet:
    """One value that would narrow the results, and how many it would leave under the other filters."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits. `facets` by name: "year", "month" (2023-12), "section", "tag", "author" and "language",
    most frequent first. `suggestion` is what was probably meant, where words are spelled unlike those of the archive;
    it is the whole query again, and does not find fewer.

    `notes` say in a sentence each what was left out of the query to bound its cost. `languages`: by whose rules
    the query was analysed. `searched` is what was looked for, without the words that were left out: what to mark."""

    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Sequence[Facet]] = field(default_factory=dict)
    suggestion: str | None = None
    notes: Sequence[str] = ()
    languages: frozenset[str] = frozenset()
    searched: Node | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on typing: the whole text, and how many articles have its last word or carry the label.

    `kind` is None for words of the archive."""

    text: str
    count: int
    kind: LabelKind | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What continues a text that is being typed: words and labels, best first, and the ids of articles, newest
    first, whose titles have it, or a word of the same stem."""

    completions: Sequence[Suggestion] = ()
    articles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`position` is the log position up to which the archive has been indexed."""

    engine: str
    documents: int
    position: int
    segments: int
    size: int  # bytes


class SearchIndex(Protocol):
    """Published articles, findable. One process applies, any number search.

    All methods raise IndexUnavailable when there is no usable index; applying also raises IndexLocked
    while another process writes, and StorageFull. In these cases nothing was applied."""

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        """Make the index agree with these articles, durably, and record the log position.

        Published ones are found from now on, all others are not. Applying twice is applying once, and
        an article at an older revision than one that was applied before changes nothing."""
        ...

    def position(self) -> int:
        """What the last durable apply recorded; 0 where there is no usable index yet."""
        ...

    def search(self, query: SearchQuery) -> Results: ...

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        """At most `limit` completions and as many articles. Case and accents do not count; the last word is a
        beginning, the words before it are what it should go with."""
        ...

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        """Published articles that are about the same, without the article itself, best first. It need not be in
        the index. None where nothing is much like it."""
        ...

    def revisions(self) -> Iterator[tuple[str, int]]:
        """(id, revision) of every article that can be found, lazily, in no order."""
        ...

    def clear(self, *, until: int = 0) -> None:
        """Start again with an empty index at position 0, whatever state the old one is in.

        `until`: where that is usable, it goes on answering until the new one has this position."""
        ...

    def awaited(self) -> int:
        """The position at which a new index takes the old one's place; 0 where none is being built."""
        ...

    def tidy(self) -> None:
        """Keep house: merge small segments, sweep leftovers. May take long; blocks no search."""
        ...

    def status(self) -> IndexStatus: ...

    def close(self) -> None: ...
