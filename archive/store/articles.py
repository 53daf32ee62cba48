"""Articles one by one: saved, read, resolved from their URLs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.article import Article
from archive.errors import DatelineError


@dataclass(frozen=True, slots=True)
class Resolved:
    """The article that a URL path leads to. `moved`: the article has another path now."""

    article: Article
    moved: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of an article, with the name of the token that saved it."""

    article: Article
    by: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of an imported article. `key` names the item in its source, `digest` its content."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The article and revision that an earlier import made from an origin."""

    origin: Origin
    article_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key with the name of its sender and a digest of the request."""

    key: str
    by: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One article to be saved.

    `expected_revision` is the revision that the change was made from; 0 for a new article.
    `number_slug`: if the path is taken, append "-2", "-3" and so on instead of raising SlugTaken."""

    article: Article
    expected_revision: int
    by: str = ""
    number_slug: bool = False
    origin: Origin | None = None
    request: RequestKey | None = None


class Articles(Protocol):
    """The articles themselves, in every status."""

    def save(self, save: Save) -> Article:
        """Store one article with its log line in one transaction; durable on return.

        Returns the article with its revision. A repeated `request` returns the first result and stores nothing.
        Raises RevisionConflict, SlugTaken, GuidTaken, GuidFixed, ArticleNotFound, RequestReused."""
        ...

    def save_all(self, saves: Sequence[Save]) -> list[Article | DatelineError]:
        """Store several articles in one transaction. An article that is refused does not affect the others."""
        ...

    def get(self, article_id: str) -> Article:
        """Raises ArticleNotFound."""
        ...

    def get_many(self, article_ids: Sequence[str]) -> dict[str, Article]:
        """Articles by id. Unknown ids are left out."""
        ...

    def resolve(self, path: str) -> Resolved | None:
        """The article that has, or once had, this path (not percent-encoded), in any status."""
        ...

    def history(self, article_id: str) -> Sequence[Revision]:
        """Every revision, newest first. Raises ArticleNotFound."""
        ...

    def every(self, *, since: datetime | None = None, batch: int = 500) -> Iterator[Article]:
        """All articles in every status, by id, read in batches; with `since` only those modified from then on."""
        ...

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Article]:
        """Scheduled articles whose publishing date has come, oldest first."""
        ...

    def next_due(self) -> datetime | None:
        """The publishing date of the next scheduled article."""
        ...

    def imported(self, keys: Sequence[str]) -> Mapping[str, Imported]:
        """Earlier imports by the key of their origin."""
        ...

    def answered(self, request: RequestKey) -> Article | None:
        """The present state of the article that this request saved. Raises RequestReused."""
        ...
