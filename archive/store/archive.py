"""What an archive promises, in words that no database appears in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from archive.article import Article
from archive.errors import DatelineError
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.store.articles import (
    ArticleQuery,
    Brief,
    Imported,
    Located,
    Named,
    Place,
    RequestKey,
    Revision,
    Save,
    Tombstone,
)
from archive.store.changes import Change, ChangeKind, Cursor, Turn
from archive.store.feed_history import FeedHistory
from archive.store.feed_volumes import ArchiveDocument
from archive.store.renditions import Rendition
from archive.store.subscriptions import Subscriptions
from archive.store.tokens import Token


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

    def lineage(self, path: str) -> FeedHistory | None:
        """The versions of a document that was stored with its contents, as far as they are remembered."""
        ...

    def volumes(self) -> Sequence[ArchiveDocument]:
        """How the archive of the site's feed is divided, oldest first."""
        ...

    def put_volumes(self, volumes: Sequence[ArchiveDocument], turn: Turn) -> None:
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
