"""Articles as they are stored, found and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from archive.article import Article, Status
from archive.labels import Label
from archive.period import Period


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands in lists: by its publishing date, or its creation while it has none."""

    listed: datetime
    id: str

    @classmethod
    def of(cls, article: Article) -> Place:
        return cls(article.published or article.created, article.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleQuery:
    """Which articles: those that fit everything that is said. Of a label only published ones are known.

    `words` looks for a part of the title or slug, for editors; readers search with a SearchIndex.
    `after` continues a list, `before` goes back in it, `down_to` is the last place that it may reach."""

    statuses: frozenset[Status] = frozenset({Status.PUBLISHED})
    label: Label | None = None
    period: Period | None = None
    words: str | None = None
    after: Place | None = None
    before: Place | None = None
    down_to: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Brief:
    """What a list needs to know of an article that it does not show. `updated` as Article has it."""

    id: str
    revision: int
    path: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Located:
    """The article that an address leads to. `moved` where it has another address now."""

    article: Article
    moved: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of an article, with who saved it."""

    article: Article
    by: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An article that readers have seen and see no more: withdrawn, or a draft again, at the instant `gone`.

    `labels` and `day` are those that it had when it was last public."""

    article_id: str
    guid: str
    gone: datetime
    day: date
    labels: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class Named:
    """A label as people read it, with the number of published articles that carry it."""

    label: Label
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported article came from. `key` names the item in its source, `digest` its content."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an earlier import made of an origin."""

    origin: Origin
    article_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key with who sent it and a digest of what was sent."""

    key: str
    by: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One article to be saved.

    `expected_revision` is the revision that the change was made from; 0 for a new article.
    `number_slug`: where the address is taken, "-2" is appended, and so on, instead of raising SlugTaken."""

    article: Article
    expected_revision: int
    by: str = ""
    number_slug: bool = False
    origin: Origin | None = None
    request: RequestKey | None = None
