"""The port to search engines: queries, results and the SearchIndex protocol."""

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
    """A user's query. `text` is as typed, and any text is valid; days are inclusive, in the site's time zone.

    An empty text matches everything, newest first. `section`, `tag` and `author` are names or keys, `language` is an
    article's language tag in any case. Pages are numbered from 1."""

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
        """The label filters that are set, by kind of label (LabelKind, or "language")."""
        names = {"section": self.section, "tag": self.tag, "author": self.author, "language": self.language}
        return {kind: name for kind, name in names.items() if name}

    @property
    def has_days(self) -> bool:
        return self.first_day is not None or self.last_day is not None

    @property
    def day_ordinals(self) -> tuple[int, int]:
        """The first and the last day as `date.toordinal` numbers; a missing bound is the end of the calendar."""
        return (self.first_day or date.min).toordinal(), (self.last_day or date.max).toordinal()


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter value, and the number of results with it under the other filters."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits. `facets` by name: "year", "month" (2023-12), "section", "tag", "author" and "language",
    most frequent first. `suggestion`: the query text with misspelled words corrected; it has at least as many hits.

    `notes`: sentences that name the parts of the query omitted to bound its cost. `languages`: the languages that the
    query was analysed in. `searched`: the query without stop words and omitted parts, for highlighting."""

    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Sequence[Facet]] = field(default_factory=dict)
    suggestion: str | None = None
    notes: Sequence[str] = ()
    languages: frozenset[str] = frozenset()
    searched: Node | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion: the whole text, and the number of articles with its last word, or with the label.

    `kind` is None for words."""

    text: str
    count: int
    kind: LabelKind | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Completions of a text (words and labels, best first), and the ids of articles, newest first, whose titles contain
    the completed word or one with the same stem."""

    completions: Sequence[Suggestion] = ()
    articles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`position`: the log position up to which the archive is indexed. `segments`: 1 for an engine without segments."""

    engine: str
    documents: int
    position: int
    segments: int
    size: int  # bytes


class SearchIndex(Protocol):
    """An index of the published articles. One process applies changes, any number of processes search.

    All methods raise IndexUnavailable if there is no usable index; `apply` also raises IndexLocked while another
    process writes, and StorageFull. If it raises, nothing was applied."""

    def apply(self, articles: Sequence[Article], *, position: int) -> None:
        """Index these articles durably, and record the log position.

        Published articles can be found from now on, all others cannot. Idempotent. A revision older than one already
        applied is ignored."""
        ...

    def position(self) -> int:
        """The position that the last durable `apply` recorded; 0 without a usable index."""
        ...

    def search(self, query: SearchQuery) -> Results: ...

    def suggest(self, text: str, *, limit: int = 10) -> Suggestions:
        """At most `limit` completions and `limit` articles. Ignores case and accents. Completes the last word; the
        words before it are its context."""
        ...

    def similar(self, article: Article, *, limit: int = 5) -> Sequence[Hit]:
        """Published articles about the same subject, best first; empty if none is similar enough. Excludes the article
        itself, which need not be in the index."""
        ...

    def revisions(self) -> Iterator[tuple[str, int]]:
        """(id, revision) of every article that can be found, lazily, in no particular order."""
        ...

    def clear(self, *, until: int = 0) -> None:
        """Start an empty index at position 0, in any state of the old one.

        `until`: the old index, if usable, keeps answering until the new one reaches this position."""
        ...

    def awaited(self) -> int:
        """The position at which a new index replaces the old one; 0 while none is being built."""
        ...

    def tidy(self) -> None:
        """Merge small segments and remove leftover files. May take long; does not block searches."""
        ...

    def status(self) -> IndexStatus: ...

    def close(self) -> None:
        """Release files and memory. The next call of another method reopens the index."""
        ...
