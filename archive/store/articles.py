"""The port for single articles: saving, reading, and resolving URLs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.article import Article
from archive.errors import DatelineError


@dataclass(frozen=True, slots=True)
class Resolved:
    """The article that a URL path leads to. `moved`: it now has another path."""

    article: Article
    moved: bool


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of an article. `by` is the name of the token or command that saved it."""

    article: Article
    by: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of an imported article. `key` names the item in its source, `digest` its content."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an earlier import of an origin: the article, and the revision that the import saved."""

    origin: Origin
    article_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key, the name of the token that sent it, and a digest of the request."""

    key: str
    by: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One article to be saved, by the token or command named `by`.

    `expected_revision` is the revision that the change is based on; 0 for a new article. `number_slug`: if the
    path is taken, append "-2", "-3" and so on to the slug instead of raising SlugTaken."""

    article: Article
    expected_revision: int
    by: str = ""
    number_slug: bool = False
    origin: Origin | None = None
    request: RequestKey | None = None


class Articles(Protocol):
    """Articles in every status, by id or path."""

    def save(self, save: Save) -> Article:
        """Store one article and its log line in one transaction; durable on return.

        Returns the article with its new revision. A repeated `request` stores nothing and returns the article that
        the first one saved, in its current state. Raises RevisionConflict, SlugTaken, GuidTaken, GuidFixed,
        ArticleNotFound, RequestReused."""
        ...

    def save_all(self, saves: Sequence[Save]) -> list[Article | DatelineError]:
        """Store several articles in one transaction; returns one result or error per article, in their order.

        An article that is refused does not affect the others."""
        ...

    def get(self, article_id: str) -> Article:
        """Raises ArticleNotFound."""
        ...

    def get_many(self, article_ids: Sequence[str]) -> dict[str, Article]:
        """Articles by id. Unknown ids are omitted."""
        ...

    def resolve(self, path: str) -> Resolved | None:
        """The article that has, or once had, this path (not percent-encoded), in any status."""
        ...

    def history(self, article_id: str) -> Sequence[Revision]:
        """Every revision, newest first. Raises ArticleNotFound."""
        ...

    def every(self, *, since: datetime | None = None, batch: int = 500) -> Iterator[Article]:
        """All articles in every status, ordered by id, read lazily in batches.

        `since`: only those modified at or after it."""
        ...

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Article]:
        """Scheduled articles whose publishing date has passed, oldest first."""
        ...

    def next_due(self) -> datetime | None:
        """The earliest publishing date of a scheduled article; None if there is none."""
        ...

    def imported(self, keys: Sequence[str]) -> Mapping[str, Imported]:
        """Earlier imports by the key of their origin. Unknown keys are omitted."""
        ...

    def answered(self, request: RequestKey) -> Article | None:
        """The current state of the article that this request saved; None for a new request. Raises RequestReused."""
        ...
