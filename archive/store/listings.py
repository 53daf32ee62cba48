"""The port for lists of articles, by date, label and period, with counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from archive.article import Article, Status
from archive.labels import Label, LabelKind
from archive.period import Period


@dataclass(frozen=True, slots=True)
class SortKey:
    """An article's position in lists: the publishing date, or the creation date if there is none, then the id."""

    sort_date: datetime
    id: str

    @classmethod
    def of(cls, article: Article) -> SortKey:
        return cls(article.published or article.created, article.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleQuery:
    """A filter: an article matches if it meets every given condition. With a label, only published articles match.

    `words` is a substring of the title or slug, for editors; readers search with a SearchIndex. `after` selects
    articles older than a key, `before` the `limit` articles that are next newer, and `down_to` is the oldest key
    that is included."""

    statuses: frozenset[Status] = frozenset({Status.PUBLISHED})
    label: Label | None = None
    period: Period | None = None
    words: str | None = None
    after: SortKey | None = None
    before: SortKey | None = None
    down_to: SortKey | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ArticleStub:
    """The fields of an article that sitemaps need. `updated` as in Article."""

    id: str
    revision: int
    path: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A formerly public article, withdrawn or back to draft since `gone` (UTC).

    `labels` and `day` are those of its last public revision."""

    article_id: str
    guid: str
    gone: datetime
    day: date
    labels: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label with its display name and the number of published articles that carry it."""

    label: Label
    name: str
    count: int


class Listings(Protocol):
    """Lists of articles, newest first; ties are ordered by id, so that pages neither skip nor repeat an article."""

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """At most `query.limit` articles, newest first."""
        ...

    def stubs(self, query: ArticleQuery) -> Sequence[ArticleStub]:
        """The stubs of the articles that `find` would return, except those without a date."""
        ...

    def revisions(self, query: ArticleQuery) -> Mapping[str, int]:
        """The ids of the articles that `find` would return, in the same order, with their revisions."""
        ...

    def sort_keys(self, query: ArticleQuery, *, max_keys: int | None = None) -> Sequence[SortKey]:
        """The keys of all matching articles, or of the newest `max_keys`; `query.limit` is ignored."""
        ...

    def count(self, query: ArticleQuery) -> int:
        """The number of matching articles; `limit`, `after` and `before` are ignored."""
        ...

    def labels(self, kind: LabelKind, *, since: datetime | None = None) -> Sequence[LabelCount]:
        """The labels of published articles, ordered by key. `since`: only articles published at or after it count."""
        ...

    def label(self, label: Label) -> LabelCount | None:
        """One label, with its name in the spelling of its newest article; None if no published article has it."""
        ...

    def months(self) -> Mapping[Period, int]:
        """The months that have published articles, newest first, with the number of articles in each."""
        ...

    def tombstones(self, *, limit: int) -> Sequence[Tombstone]:
        """The newest tombstones, newest first. An article that is public again has none."""
        ...
