"""What an archive promises, in words that no database appears in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from archive.article import Article, Label, LabelKind, Status
from archive.errors import DatelineError
from archive.store.feed_history import Contents, Lineage
from archive.store.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year, a month or a day of the calendar, as the site counts days."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("a day needs its month")
        date(self.year, *(1 if part is None else part for part in (self.month, self.day)))  # no 31st of June, no 0

    @classmethod
    def of_day(cls, day: date) -> tuple[Period, Period, Period]:
        """The year, the month and the day that a day lies in."""
        return cls(day.year), cls(day.year, day.month), cls(day.year, day.month, day.day)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last_day(self) -> date:
        if self.day is not None:
            return self.first_day
        if self.month is None:
            return date(self.year, 12, 31)
        if self.month == 12:
            return date(self.year, 12, 31)
        return date(self.year, self.month + 1, 1) - timedelta(days=1)

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)


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
class Volume:
    """One document of the archive of the site's feed: the articles of a month from `first` on, up to the next
    volume of the same month. None: from the month's beginning. The number stays when the bounds move."""

    month: Period
    number: int
    first: Place | None = None


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


class ChangeKind(StrEnum):
    ARTICLE = "article"
    RENDITION = "rendition"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the log. `subject` is an article's id or a rendition's path.

    `labels` and `days` are those of the article before and after, so that whoever keeps a list for
    them knows that it has changed."""

    seq: int
    kind: ChangeKind
    subject: str
    revision: int
    labels: frozenset[Label] = frozenset()
    days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to move one consumer's cursor. `fence` grows each time the turn changes hands."""

    consumer: str
    holder: str
    fence: int
    position: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a consumer is, and who holds its turn until when."""

    consumer: str
    position: int
    holder: str
    fence: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Coded:
    """One representation's bytes with their strong ETag, quotes included (RFC 9110 §8.8.3)."""

    etag: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished document. `modified` is the first whole second, UTC, at which its bytes were these.

    `position` is the log position that it was built from; `codings` has "identity" and the
    pre-compressed forms by their names in Content-Encoding. `contents` is said of lists when they are
    stored; what has become of it is told by `Archive.lineage`."""

    path: str
    media_type: str
    modified: datetime
    position: int
    codings: Mapping[str, Coded]
    contents: Contents | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, of which only the SHA-256 is kept."""

    name: str
    digest: str
    scope: str
    created: datetime
    revoked: datetime | None = None


class Archive(Protocol):
    """Articles by date, for ever; one append-only log of all changes; finished documents.

    All methods raise ArchiveUnavailable when the storage cannot be reached and StorageFull when it is
    full; in both cases nothing was stored."""

    # Articles ---------------------------------------------------------------------------------------

    def save(self, save: Save) -> Article:
        """Store article, revision and log line in one transaction; the article as it is stored.

        A repeated `request` stores nothing and gives the article of the first one. Raises RevisionConflict, SlugTaken, GuidTaken, RequestReused."""
        ...

    def save_all(self, saves: Sequence[Save]) -> list[Article | DatelineError]:
        """The same for many in one transaction, each with its own success or error, in order."""
        ...

    def get(self, article_id: str) -> Article:
        """Raises ArticleNotFound."""
        ...

    def get_many(self, article_ids: Sequence[str]) -> dict[str, Article]:
        """Those that exist, by id."""
        ...

    def at(self, path: str) -> Located | None:
        """The article that has or had this address (`/2023/12/14/slug`)."""
        ...

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        """Articles that match, newest first; ties by id, so that pages neither skip nor repeat."""
        ...

    def briefs(self, query: ArticleQuery) -> Sequence[Brief]:
        """The same articles as `find`, in brief. Only of those that have a date."""
        ...

    def revisions(self, query: ArticleQuery) -> Mapping[str, int]:
        """Which articles `find` would give, in its order, and the revision of each."""
        ...

    def places(self, query: ArticleQuery, *, most: int | None = None) -> Sequence[Place]:
        """Where all articles stand that match, or the newest of them, newest first, whatever its `limit` says."""
        ...

    def count(self, query: ArticleQuery) -> int:
        """How many match, whatever `limit`, `after` and `before` say."""
        ...

    def history(self, article_id: str) -> Sequence[Revision]:
        """Every revision, newest first. Raises ArticleNotFound."""
        ...

    def every(self, *, since: datetime | None = None, batch: int = 500) -> Iterator[Article]:
        """All articles of all statuses by id, lazily; `since`: only those modified at or after it."""
        ...

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Article]:
        """Scheduled articles whose time has come, oldest first."""
        ...

    def next_due(self) -> datetime | None:
        """When the next scheduled article is to be published."""
        ...

    def labels(self, kind: LabelKind, *, since: datetime | None = None) -> Sequence[Named]:
        """The labels that published articles carry, by key; `since`: only articles published at or after it."""
        ...

    def label(self, label: Label) -> Named | None:
        """One label as its newest article spells it."""
        ...

    def periods(self) -> Mapping[Period, int]:
        """The months that have published articles, newest first, with how many."""
        ...

    def tombstones(self, *, limit: int) -> Sequence[Tombstone]:
        """The articles that were taken from their readers last and have not come back, newest first."""
        ...

    def imported(self, keys: Sequence[str]) -> Mapping[str, Imported]:
        """What earlier imports made of these origins, by key."""
        ...

    def answered(self, request: RequestKey) -> Article | None:
        """The article that this request made when it came before. Raises RequestReused."""
        ...

    # The log ----------------------------------------------------------------------------------------

    def head(self) -> int:
        """The position of the last change; 0 in an empty archive."""
        ...

    def last_change(self, kind: ChangeKind = ChangeKind.ARTICLE) -> int:
        """The position of the last change of a kind; 0 where there is none."""
        ...

    def changes(self, after: int, *, kind: ChangeKind, limit: int) -> Sequence[Change]:
        """The log after a position, in the order of the commits."""
        ...

    def take_turn(self, consumer: str, *, holder: str, now: datetime, lasting: timedelta) -> Turn | None:
        """The turn of a consumer, or None while somebody else holds it. A holder can take its own again."""
        ...

    def renew(self, turn: Turn, *, now: datetime, lasting: timedelta) -> None:
        """Hold a turn for longer. Raises TurnLost for a stale one."""
        ...

    def advance(self, turn: Turn, position: int) -> Turn:
        """Move the cursor; backwards, too. Raises TurnLost, and moves nothing, for a stale turn."""
        ...

    def rewind(self, consumer: str) -> None:
        """Let a consumer begin again from the start of the log; whoever has its turn loses it."""
        ...

    def cursor(self, consumer: str) -> Cursor | None:
        """None for a consumer that has never had a turn."""
        ...

    def cursors(self) -> Sequence[Cursor]:
        """Every consumer that has had a turn, by name."""
        ...

    # Finished documents -----------------------------------------------------------------------------

    def rendition(self, path: str) -> Rendition | None: ...

    def put_renditions(self, renditions: Sequence[Rendition], turn: Turn) -> Sequence[str]:
        """Store documents whose bytes changed, with a log line each; the paths that changed.

        The same bytes change nothing, and what was built from an older log position replaces nothing
        newer. Raises TurnLost, and stores nothing, for a stale turn."""
        ...

    def rendition_etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The ETags of the identity coding of those documents that are stored, by path."""
        ...

    def rendition_paths(self) -> Iterator[str]: ...

    def lineage(self, path: str) -> Lineage | None:
        """The versions of a document that was stored with its contents, as far as they are remembered."""
        ...

    def volumes(self) -> Sequence[Volume]:
        """How the archive of the site's feed is divided, oldest first."""
        ...

    def put_volumes(self, volumes: Sequence[Volume], turn: Turn) -> None:
        """Add volumes, or move the bounds of those that have the same month and number. Raises TurnLost."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """Who is told when a document changes."""
        ...

    # Tokens and upkeep ------------------------------------------------------------------------------

    def add_token(self, token: Token) -> None:
        """Raises Conflict where the name is taken."""
        ...

    def tokens(self) -> Sequence[Token]: ...

    def token(self, digest: str) -> Token | None:
        """The token with this SHA-256, revoked or not."""
        ...

    def revoke_token(self, name: str, *, now: datetime) -> None:
        """Raises NotFound."""
        ...

    def version(self) -> str:
        """Which database it is in, and which version of it, for people."""
        ...

    def tidy(self, *, now: datetime) -> None:
        """Forget what has expired, and let the database keep house."""
        ...

    def fact(self, name: str) -> str | None:
        """What was last said about the whole archive under this name."""
        ...

    def state(self, name: str, value: str, turn: Turn | None = None) -> None:
        """Say something about the whole archive, in place of what was said before.

        Raises TurnLost where it belongs to a turn that is over."""
        ...

    def identity(self, minted: str) -> str:
        """The archive's own permanent name: `minted` where it has none yet, else what was minted first."""
        ...

    def close(self) -> None: ...
