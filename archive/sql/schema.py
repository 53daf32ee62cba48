"""The database tables. Every change to them needs a file in migrations/versions/."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """A timezone-aware datetime, stored in UTC: `timestamptz` in PostgreSQL, sortable text in SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StorableText(TypeDecorator[str]):
    """Text. Characters that a database may refuse (NUL, lone surrogates) are bound as U+FFFD, also in comparisons."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

articles = Table(
    "articles",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("guid", StorableText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status", StorableText, nullable=False),
    Column("title", StorableText, nullable=False),
    Column("slug", StorableText, nullable=False),
    Column("day", Date),
    Column("summary", StorableText),
    Column("content_html", StorableText, nullable=False),
    Column("content_format", StorableText),
    Column("content_source", StorableText),
    Column("authors", JSON, nullable=False),
    Column("section", StorableText),
    Column("tags", JSON, nullable=False),
    Column("language", StorableText, nullable=False),
    Column("published", Instant),
    # A historical name: the sort date. It is `published`, or `created` if there is none.
    Column("listed", Instant, nullable=False),
    Column("updated", Instant, nullable=False),
    Column("created", Instant, nullable=False),
    Column("modified", Instant, nullable=False),
    Column("modified_by", StorableText, nullable=False),
    Column("canonical_url", StorableText),
    Column("image", StorableText),
    Column("enclosures", JSON, nullable=False),
    Column("was_public", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("guid"),
    Index("ix_articles_newest", "status", "listed", "id", "day"),
    Index("ix_articles_day", "status", "day"),
    Index("ix_articles_listed", "listed", "id", "status"),
    Index("ix_articles_modified", "modified", "id"),
)

# Earlier revisions of articles, without the current one, each as a JSON document.
revisions = Table(
    "revisions",
    metadata,
    Column("article_id", StorableText, ForeignKey("articles.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("saved_by", StorableText, nullable=False),
    Column("document", JSON, nullable=False),
)

# Every path that an article has or had. A path never passes to another article.
addresses = Table(
    "addresses",
    metadata,
    Column("path", StorableText, primary_key=True),
    Column("article_id", StorableText, ForeignKey("articles.id"), nullable=False, index=True),
)

# The labels of published articles only: the lists by section, tag and author.
labels = Table(
    "labels",
    metadata,
    Column("kind", StorableText, primary_key=True),
    Column("key", StorableText, primary_key=True),
    Column("published", Instant, primary_key=True),
    Column("article_id", StorableText, ForeignKey("articles.id"), primary_key=True),
    Column("name", StorableText, nullable=False),
    Index("ix_labels_article_id", "article_id"),
    sqlite_with_rowid=False,
)

# One row. Every writer updates it, so that the order of the log is the order of the commits.
head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", StorableText, nullable=False),
    Column("subject", StorableText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("days", JSON, nullable=False),
    Index("ix_changes_kind", "kind", "seq"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", StorableText, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("holder", StorableText, nullable=False),  # a historical name: the owner of the lease
    Column("fence", BigInteger, nullable=False),
    Column("until", Instant),
)

renditions = Table(
    "renditions",
    metadata,
    Column("path", StorableText, primary_key=True),
    Column("media_type", StorableText, nullable=False),
    Column("modified", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    # A historical name: the history of the feed. Last, so that reading the other columns need not read its pages.
    Column("lineage", LargeBinary),
)

rendition_codings = Table(
    "rendition_codings",
    metadata,
    Column("path", StorableText, ForeignKey("renditions.path", ondelete="CASCADE"), primary_key=True),
    Column("coding", StorableText, primary_key=True),
    Column("etag", StorableText, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

origins = Table(
    "origins",
    metadata,
    Column("key", StorableText, primary_key=True),
    Column("digest", StorableText, nullable=False),
    Column("article_id", StorableText, ForeignKey("articles.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_origins_article_id", "article_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("key", StorableText, primary_key=True),
    Column("sent_by", StorableText, primary_key=True),
    Column("digest", StorableText, nullable=False),
    Column("article_id", StorableText, ForeignKey("articles.id"), nullable=False),
    Column("received", Instant, nullable=False, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", StorableText, primary_key=True),
    Column("digest", StorableText, nullable=False, index=True),
    Column("scope", StorableText, nullable=False),
    Column("created", Instant, nullable=False),
    Column("revoked", Instant),
)

# Formerly public articles, with the labels and day of their last public revision.
tombstones = Table(
    "tombstones",
    metadata,
    Column("article_id", StorableText, ForeignKey("articles.id"), primary_key=True),
    Column("guid", StorableText, nullable=False),
    Column("gone", Instant, nullable=False),
    Column("day", Date, nullable=False),
    Column("labels", JSON, nullable=False),
    Index("ix_tombstones_gone", "gone", "article_id"),
)

# The archive documents of the site's feed (RFC 5005 §4), each with the sort key that it begins at.
volumes = Table(
    "volumes",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("listed", Instant),  # a historical name: the sort date of `first`
    Column("article_id", StorableText),
)

# WebSub subscriptions; `id` is the SHA-256 of path and callback, `due` the time of the next delivery.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("path", StorableText, nullable=False),
    Column("topic", StorableText, nullable=False),
    Column("callback", StorableText, nullable=False),
    Column("host", StorableText, nullable=False),
    Column("secret", StorableText),
    Column("until", Instant, nullable=False, index=True),
    Column("wanted", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("etag", StorableText),
    Column("failures", Integer, nullable=False),
    Column("behind_since", Instant),
    Column("due", Instant),
    Column("claimed_by", StorableText),
    Index("ix_subscriptions_path", "path", "until"),
    Index("ix_subscriptions_due", "due", "id", "host", "until"),
)

# Requests to subscribe or unsubscribe that the callback has not confirmed yet, and denials to be sent.
intents = Table(
    "intents",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("ticket", StorableText, nullable=False),
    Column("mode", StorableText, nullable=False),
    Column("path", StorableText, nullable=False),
    Column("topic", StorableText, nullable=False),
    Column("callback", StorableText, nullable=False),
    Column("host", StorableText, nullable=False),
    Column("secret", StorableText),
    Column("lease", BigInteger, nullable=False),
    Column("reason", StorableText, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("claimed_by", StorableText),
    Index("ix_intents_due", "due", "id"),
)

# Named strings about the whole archive, such as its permanent identifier.
facts = Table(
    "facts",
    metadata,
    Column("name", StorableText, primary_key=True),
    Column("value", StorableText, nullable=False),
)
