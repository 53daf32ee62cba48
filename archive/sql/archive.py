"""SqlArchive: the archive in any database of DIALECTS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from archive.article import Article, Status
from archive.errors import (
    ArchiveOutdated,
    ArchiveUnavailable,
    ArticleNotFound,
    Conflict,
    DatelineError,
    NotFound,
    StorageFull,
    Unavailable,
)
from archive.labels import Label, LabelKind
from archive.period import Period
from archive.serialization import from_document
from archive.sql import article_queries, changes
from archive.sql import feed_volumes as shelf
from archive.sql import renditions as documents
from archive.sql.article_rows import to_article
from archive.sql.article_writer import Saving, next_seq, set_seq
from archive.sql.engine import kind_of, open_engine, translate
from archive.sql.migrations import upgrade
from archive.sql.schema import (
    addresses,
    articles,
    facts,
    head,
    labels,
    origins,
    renditions,
    requests,
    revisions,
    tokens,
)
from archive.sql.sqlite_checkpoints import Checkpoints
from archive.sql.subscriptions import SqlSubscriptions
from archive.store.articles import (
    ArticleQuery,
    Brief,
    Imported,
    Located,
    Named,
    Origin,
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
from archive.store.tokens import Token
from archive.urls import article_path
from archive.util.chunks import slices

REQUESTS_KEPT = timedelta(days=7)
_FACT = select(facts.c.value).where(facts.c.name == bindparam("fact"))


class SqlArchive:
    """An `Archive` (see archive.store) on SQLite or PostgreSQL.

    Opening does not touch the database: call `migrate()` or `check_schema()` first. Share one among
    threads; processes open their own, after they have been forked. `checkpoints`: move SQLite's
    write-ahead log into the database, unless another process does."""

    def __init__(self, url: str, *, checkpoints: bool = True) -> None:
        address = make_url(url)
        self._checkpoints = Checkpoints(address.database, wanted=checkpoints)
        self._engine = open_engine(address, self._checkpoints)

    @property
    def kind(self) -> str:
        return kind_of(self._engine.dialect).name

    def version(self) -> str:
        kind = kind_of(self._engine.dialect)
        with self._reading() as connection:
            return f"{kind.title} {connection.execute(text(kind.version)).scalar_one()}"

    # The schema -------------------------------------------------------------------------------------

    def migrate(self) -> tuple[str | None, str]:
        """Bring the database to this program's schema; the schema before and after."""
        with self._translated():
            before = upgrade.revision(self._engine)
            self._refuse_newer(before)
            return upgrade.upgrade(self._engine)

    def check_schema(self) -> None:
        """Raises ArchiveOutdated where `migrate()` is wanted, or a newer program."""
        with self._translated():
            found = upgrade.revision(self._engine)
        self._refuse_newer(found)
        if found != upgrade.newest():
            raise ArchiveOutdated(
                f"the database has schema {found or 'none'}, this program wants {upgrade.newest()}: run `dateline migrate`"
            )

    def _refuse_newer(self, found: str | None) -> None:
        if found is not None and not upgrade.known(found):
            raise ArchiveOutdated(f"the database has schema {found} of a newer Dateline: start that one")

    # Articles ---------------------------------------------------------------------------------------

    def save(self, save: Save) -> Article:
        with self._writing() as connection, Saving(connection) as saving:
            return saving.save(save)

    def save_all(self, saves: Sequence[Save]) -> list[Article | DatelineError]:
        outcomes: list[Article | DatelineError] = []
        with self._writing() as connection, Saving(connection) as saving:
            for save in saves:
                try:
                    outcomes.append(saving.save(save))
                except (StorageFull, Unavailable):
                    raise
                except DatelineError as error:  # found before anything of this article was written
                    outcomes.append(error)
        return outcomes

    def get(self, article_id: str) -> Article:
        found = self.get_many([article_id])
        if article_id not in found:
            raise ArticleNotFound(article_id)
        return found[article_id]

    def get_many(self, article_ids: Sequence[str]) -> dict[str, Article]:
        found = {}
        with self._reading() as connection:
            for some in slices(article_ids):
                for row in connection.execute(select(articles).where(articles.c.id.in_(some))):
                    found[row.id] = to_article(row)
        return found

    def at(self, path: str) -> Located | None:
        statement = select(articles).join(addresses).where(addresses.c.path == path)
        with self._reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        article = to_article(row)
        return Located(article, moved=article.path is not None and article.path != path)

    def find(self, query: ArticleQuery) -> Sequence[Article]:
        with self._reading() as connection:
            found = [to_article(row) for row in connection.execute(article_queries.newest_first(query))]
        return found[::-1] if query.before is not None else found

    def briefs(self, query: ArticleQuery) -> Sequence[Brief]:
        with self._reading() as connection:
            found = [
                Brief(row.id, row.revision, article_path(row.day, row.slug), row.updated)
                for row in connection.execute(article_queries.briefs(query))
            ]
        return found[::-1] if query.before is not None else found

    def revisions(self, query: ArticleQuery) -> Mapping[str, int]:
        with self._reading() as connection:
            rows = [(row[0], row[1]) for row in connection.execute(article_queries.revisions(query))]
        return dict(rows[::-1] if query.before is not None else rows)

    def places(self, query: ArticleQuery, *, most: int | None = None) -> Sequence[Place]:
        with self._reading() as connection:
            found = [Place(row.listed, row.id) for row in connection.execute(article_queries.places(query).limit(most))]
        return found[::-1] if query.before is not None else found

    def count(self, query: ArticleQuery) -> int:
        with self._reading() as connection:
            found: int = connection.execute(article_queries.counted(query)).scalar_one()
        return found

    def history(self, article_id: str) -> Sequence[Revision]:
        earlier = select(revisions).where(revisions.c.article_id == article_id).order_by(revisions.c.revision.desc())
        with self._reading() as connection:
            present = connection.execute(select(articles).where(articles.c.id == article_id)).one_or_none()
            if present is None:
                raise ArticleNotFound(article_id)
            # What was saved in between these two statements is not part of this history yet.
            rows = connection.execute(earlier.where(revisions.c.revision < present.revision)).all()
        return [
            Revision(to_article(present), present.modified_by),
            *(Revision(from_document(row.document), row.saved_by) for row in rows),
        ]

    def every(self, *, since: datetime | None = None, batch: int = 500) -> Iterator[Article]:
        if since is not None:
            yield from self._modified_since(since, batch)
            return
        after = ""
        while True:
            statement = select(articles).where(articles.c.id > after).order_by(articles.c.id).limit(batch)
            with self._reading() as connection:
                rows = connection.execute(statement).all()
            if not rows:
                return
            yield from map(to_article, rows)
            after = rows[-1].id

    def _modified_since(self, since: datetime, batch: int) -> Iterator[Article]:
        statement = select(articles.c.id).where(articles.c.modified >= since)
        with self._reading() as connection:
            ids = sorted(connection.execute(statement).scalars())
        for some in slices(ids, batch):
            found = self.get_many(some)
            yield from (found[article_id] for article_id in some)

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Article]:
        statement = (
            select(articles)
            .where(articles.c.status == Status.SCHEDULED.value, articles.c.listed <= now)
            .order_by(articles.c.listed, articles.c.id)
            .limit(limit)
        )
        with self._reading() as connection:
            return [to_article(row) for row in connection.execute(statement)]

    def next_due(self) -> datetime | None:
        statement = select(func.min(articles.c.listed)).where(articles.c.status == Status.SCHEDULED.value)
        with self._reading() as connection:
            soonest: datetime | None = connection.execute(statement).scalar_one()
        return soonest

    def labels(self, kind: LabelKind, *, since: datetime | None = None) -> Sequence[Named]:
        # Of one key's spellings the last in the alphabet stands for all: any, but always the same one.
        statement = (
            select(labels.c.key, func.max(labels.c.name).label("name"), func.count().label("articles"))
            .where(labels.c.kind == kind.value)
            .group_by(labels.c.key)
            .order_by(labels.c.key)
        )
        if since is not None:
            statement = statement.where(labels.c.published >= since)
        with self._reading() as connection:
            return [Named(Label(kind, row.key), row.name, row.articles) for row in connection.execute(statement)]

    def label(self, label: Label) -> Named | None:
        same = (labels.c.kind == label.kind.value, labels.c.key == label.key)
        newest = (
            select(labels.c.name).where(*same).order_by(labels.c.published.desc(), labels.c.article_id.desc()).limit(1)
        )
        with self._reading() as connection:
            name = connection.execute(newest).scalar_one_or_none()
            if name is None:
                return None
            count = connection.execute(select(func.count()).select_from(labels).where(*same)).scalar_one()
        return Named(label, name, count)

    def periods(self) -> Mapping[Period, int]:
        statement = (
            select(articles.c.day, func.count())
            .where(articles.c.status == Status.PUBLISHED.value, articles.c.day.is_not(None))
            .group_by(articles.c.day)
            .order_by(articles.c.day.desc())
        )
        months: dict[Period, int] = {}
        with self._reading() as connection:
            for day, count in connection.execute(statement):
                if day is not None:
                    month = Period(day.year, day.month)
                    months[month] = months.get(month, 0) + count
        return months

    def tombstones(self, *, limit: int) -> Sequence[Tombstone]:
        with self._reading() as connection:
            return shelf.newest_tombstones(connection, limit)

    def imported(self, keys: Sequence[str]) -> Mapping[str, Imported]:
        found = {}
        with self._reading() as connection:
            for some in slices(keys):
                for row in connection.execute(select(origins).where(origins.c.key.in_(some))):
                    found[row.key] = Imported(Origin(row.key, row.digest), row.article_id, row.revision)
        return found

    def answered(self, request: RequestKey) -> Article | None:
        with self._reading() as connection:
            return Saving(connection).answered(request)

    # The log ----------------------------------------------------------------------------------------

    def head(self) -> int:
        with self._reading() as connection:
            return int(connection.execute(select(head.c.seq)).scalar_one())

    def last_change(self, kind: ChangeKind = ChangeKind.ARTICLE) -> int:
        with self._reading() as connection:
            return changes.last_change(connection, kind)

    def changes(self, after: int, *, kind: ChangeKind, limit: int) -> Sequence[Change]:
        with self._reading() as connection:
            return changes.changes_after(connection, after, kind=kind, limit=limit)

    def take_turn(self, consumer: str, *, holder: str, now: datetime, lasting: timedelta) -> Turn | None:
        with self._writing() as connection:
            next_seq(connection)
            return changes.take_turn(connection, consumer, holder=holder, now=now, lasting=lasting)

    def renew(self, turn: Turn, *, now: datetime, lasting: timedelta) -> None:
        with self._writing() as connection:
            changes.renew(connection, turn, now=now, lasting=lasting)

    def advance(self, turn: Turn, position: int) -> Turn:
        with self._writing() as connection:
            return changes.move(connection, turn, position)

    def rewind(self, consumer: str) -> None:
        with self._writing() as connection:
            next_seq(connection)
            changes.rewind(connection, consumer)

    def cursor(self, consumer: str) -> Cursor | None:
        with self._reading() as connection:
            return changes.one_cursor(connection, consumer)

    def cursors(self) -> Sequence[Cursor]:
        with self._reading() as connection:
            return changes.all_cursors(connection)

    # Finished documents -----------------------------------------------------------------------------

    def rendition(self, path: str) -> Rendition | None:
        with self._reading() as connection:
            return documents.read(connection, path)

    def put_renditions(self, renditions: Sequence[Rendition], turn: Turn) -> Sequence[str]:
        with self._writing() as connection:
            seq = next_seq(connection)
            changes.check_turn(connection, turn)
            changed = documents.put(connection, renditions, seq=seq)
            set_seq(connection, seq + len(changed))
            return changed

    def rendition_etags(self, paths: Sequence[str]) -> Mapping[str, str]:
        etags: dict[str, str] = {}
        with self._reading() as connection:
            for some in slices(paths):
                etags.update(documents.etags(connection, some))
        return etags

    def rendition_paths(self) -> Iterator[str]:
        with self._reading() as connection:
            paths = connection.execute(select(renditions.c.path).order_by(renditions.c.path)).scalars().all()
        yield from paths

    def lineage(self, path: str) -> FeedHistory | None:
        with self._reading() as connection:
            return documents.lineage(connection, path)

    def volumes(self) -> Sequence[ArchiveDocument]:
        with self._reading() as connection:
            return shelf.read(connection)

    def put_volumes(self, volumes: Sequence[ArchiveDocument], turn: Turn) -> None:
        with self._writing() as connection:
            next_seq(connection)
            changes.check_turn(connection, turn)
            shelf.put(connection, volumes)

    @property
    def subscriptions(self) -> SqlSubscriptions:
        return SqlSubscriptions(self._reading, self._writing)

    # Tokens and upkeep ------------------------------------------------------------------------------

    def add_token(self, token: Token) -> None:
        with self._writing() as connection:
            next_seq(connection)
            if connection.execute(select(tokens.c.name).where(tokens.c.name == token.name)).first():
                raise Conflict(f"there is a token {token.name!r} already; choose another name")
            connection.execute(
                insert(tokens),
                {
                    "name": token.name,
                    "digest": token.digest,
                    "scope": token.scope,
                    "created": token.created,
                    "revoked": token.revoked,
                },
            )

    def tokens(self) -> Sequence[Token]:
        with self._reading() as connection:
            rows = connection.execute(select(tokens).order_by(tokens.c.name))
            return [Token(row.name, row.digest, row.scope, row.created, row.revoked) for row in rows]

    def token(self, digest: str) -> Token | None:
        with self._reading() as connection:
            # Added twice under two names, it is valid as long as one of them is.
            same = (
                select(tokens).where(tokens.c.digest == digest).order_by(tokens.c.revoked.is_not(None), tokens.c.name)
            )
            row = connection.execute(same).first()
        return None if row is None else Token(row.name, row.digest, row.scope, row.created, row.revoked)

    def revoke_token(self, name: str, *, now: datetime) -> None:
        statement = (
            update(tokens)
            .where(tokens.c.name == name, tokens.c.revoked.is_(None))
            .values(revoked=now)
            .returning(tokens.c.name)
        )
        with self._writing() as connection:
            if connection.execute(statement).one_or_none() is None:
                raise NotFound(f"there is no valid token {name!r}; `dateline token list` shows them")

    def fact(self, name: str) -> str | None:
        with self._reading() as connection:
            value: str | None = connection.execute(_FACT, {"fact": name}).scalar_one_or_none()
        return value

    def state(self, name: str, value: str, turn: Turn | None = None) -> None:
        with self._writing() as connection:
            if turn is not None:
                next_seq(connection)
                changes.check_turn(connection, turn)
            upsert = kind_of(connection.dialect).upsert(facts).values(name=name, value=value)
            connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def identity(self, minted: str) -> str:
        known = self.fact("identity")
        if known is not None:
            return known
        with self._writing() as connection:
            upsert = kind_of(connection.dialect).upsert(facts).values(name="identity", value=minted)
            connection.execute(upsert.on_conflict_do_nothing())
            return str(connection.execute(_FACT, {"fact": "identity"}).scalar_one())

    def tidy(self, *, now: datetime) -> None:
        with self._writing() as connection:
            connection.execute(delete(requests).where(requests.c.received < now - REQUESTS_KEPT))
        self.subscriptions.expire(now=now)
        kind = kind_of(self._engine.dialect)
        if kind.checkpoint is not None and self._checkpoints.take():
            self._engine.dispose()  # connections of now on checkpoint by themselves
        with self._translated(), self._engine.connect().execution_options(upkeep=True) as connection:
            for statement in kind.tidy:
                connection.exec_driver_sql(statement)
            if kind.checkpoint is not None and self._checkpoints.mine():
                connection.exec_driver_sql(kind.checkpoint)

    def close(self) -> None:
        self._engine.dispose()
        self._checkpoints.give_back()

    # Transactions -----------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            self._translated(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise translate(error, self._engine.url) from error
        except PoolTimeout as error:
            raise ArchiveUnavailable("the archive's database is busy; try again in a moment") from error
        except SQLAlchemyError as error:
            raise ArchiveUnavailable(f"the archive's database cannot be used: {error}") from error
