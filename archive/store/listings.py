"""Lists of articles: by date, label and period, with counts."""

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
    """The position of an article in lists: its publishing date, or its creation date while it has none, then its id."""

    sort_date: datetime
    id: str

    @classmethod
    def of(cls, article: Article) -> SortKey:
        return cls(article.published or article.created, article.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleQuery:
    """A filter: articles match that meet every condition given. With a label, only published articles are found.

    `words` matches part of the title or slug, for editors; readers search with a SearchIndex. `after` continues a
    list below a key, `before` goes back above it, `down_to` is the last key that is included."""

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
    """The few columns of an article that sitemaps need. `updated` as in Article."""

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
    """Articles in lists, newest first; ties by id, so that pages neither skip nor repeat an article."""

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """At most `query.limit` articles, newest first."""
        ...

    def stubs(self, query: ArticleQuery) -> Sequence[ArticleStub]:
        """The same articles as `find`, as stubs. Articles without a date are left out."""
        ...

    def revisions(self, query: ArticleQuery) -> Mapping[str, int]:
        """The ids that `find` would return, in its order, with the revision of each."""
        ...

    def sort_keys(self, query: ArticleQuery, *, max_keys: int | None = None) -> Sequence[SortKey]:
        """The keys of all matching articles, or of the newest `max_keys`; `query.limit` is ignored."""
        ...

    def count(self, query: ArticleQuery) -> int:
        """The number of matching articles; `limit`, `after` and `before` are ignored."""
        ...

    def labels(self, kind: LabelKind, *, since: datetime | None = None) -> Sequence[LabelCount]:
        """The labels of published articles, by key; with `since` only articles published from then on count."""
        ...

    def label(self, label: Label) -> LabelCount | None:
        """One label, with the name that its newest article uses."""
        ...

    def months(self) -> Mapping[Period, int]:
        """The months that have published articles, newest first, with the number of articles in each."""
        ...

    def tombstones(self, *, limit: int) -> Sequence[Tombstone]:
        """The newest tombstones, newest first. An article that is public again has none."""
        ...
