"""The search index as the service sees it, whichever engine is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from archive.article import Article
from archive.labels import LabelKind
from archive.search.query import Node

MAX_PER_PAGE = 100


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A reader's query. `text` is as typed and always valid; days are inclusive, in the site's zone.

    An empty text matches everything, newest first. `section`, `tag` and `author` are names or keys, `language` is a
    tag as articles have it, in any case. Pages count from 1."""

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

    @property
    def label_filters(self) -> dict[str, str]:
        """The names to filter by, by kind of label (LabelKind, or "language")."""
        names = {"section": self.section, "tag": self.tag, "author": self.author, "language": self.language}
        return {kind: name for kind, name in names.items() if name}

    @property
    def has_days(self) -> bool:
        return self.first_day is not None or self.last_day is not None

    @property
    def day_ordinals(self) -> tuple[int, int]:
        """The first and the last day as `date.toordinal` counts, with the ends of the calendar where none is set."""
        return (self.first_day or date.min).toordinal(), (self.last_day or date.max).toordinal()


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Facet:
    """A value to filter by, and the number of results that it would leave under the other filters."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits. `facets` by name: "year", "month" (2023-12), "section", "tag", "author" and "language",
    most frequent first. `suggestion`: the whole query with words corrected, if some are not words of the archive; it
    does not find fewer.

    `notes` say in a sentence each what was left out of the query to bound its cost. `languages`: those in which the
    query was analysed. `searched`: the query without stop words and what was left out; the words to mark."""

    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Sequence[Facet]] = field(default_factory=dict)
    suggestion: str | None = None
    notes: Sequence[str] = ()
    languages: frozenset[str] = frozenset()
    searched: Node | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion: the whole text, and the number of articles that have its last word, or the label.

    `kind` is None for words."""

    text: str
    count: int
    kind: LabelKind | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Completions of a text, words and labels, best first; and the ids of articles, newest first, whose titles have
    the completed word, or one of the same stem."""

    completions: Sequence[Suggestion] = ()
    articles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`position`: the log position up to which the archive has been indexed. `segments`: 1 for an engine that has none."""

    engine: str
    documents: int
    position: int
    segments: int
    size: int  # bytes


class SearchIndex(Protocol):
    """An index of the published articles. One process applies changes, any number search.

    All methods raise IndexUnavailable when there is no usable index; `apply` also raises IndexLocked while another
    process writes, and StorageFull. In these cases nothing was applied."""

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        """Bring the index up to date with these articles, durably, and record the log position.

        Published articles are found from now on, all others are not. Applying twice has the effect of applying once.
        An article at an older revision than one applied before changes nothing."""
        ...

    def position(self) -> int:
        """The position that the last durable `apply` recorded; 0 without a usable index."""
        ...

    def search(self, query: SearchQuery) -> Results: ...

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        """At most `limit` completions and as many articles. Case and accents do not count. The last word is completed;
        the words before it are its context."""
        ...

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        """Published articles about the same subject, best first, without the article itself, which need not be in the
        index. Empty where none is similar enough."""
        ...

    def revisions(self) -> Iterator[tuple[str, int]]:
        """(id, revision) of every article that can be found, lazily, in no order."""
        ...

    def clear(self, *, until: int = 0) -> None:
        """Start an empty index at position 0, whatever state the old one is in.

        `until`: the old index, if usable, answers until the new one has reached this position."""
        ...

    def awaited(self) -> int:
        """The position at which a new index replaces the old one; 0 while none is being built."""
        ...

    def tidy(self) -> None:
        """Merge small segments and remove leftover files. May take long; blocks no search."""
        ...

    def status(self) -> IndexStatus: ...

    def close(self) -> None:
        """Release files and memory. The next call of another method opens them again."""
        ...
