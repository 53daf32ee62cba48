"""The tables. Every change to them is a file in migrations/."""

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
    """An aware datetime, kept in UTC: `timestamptz` where there is one, else sortable text."""

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


class Words(TypeDecorator[str]):
    """Text. What a database may refuse (NUL, halves of characters) counts as U+FFFD, which nothing is called."""

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
    Column("id", Words, primary_key=True),
    Column("guid", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("slug", Words, nullable=False),
    Column("day", Date),
    Column("summary", Words),
    Column("content_html", Words, nullable=False),
    Column("content_format", Words),
    Column("content_source", Words),
    Column("authors", JSON, nullable=False),
    Column("section", Words),
    Column("tags", JSON, nullable=False),
    Column("language", Words, nullable=False),
    Column("published", Instant),
    Column("listed", Instant, nullable=False),  # where it stands in lists: published, or created while there is no date
    Column("updated", Instant, nullable=False),
    Column("created", Instant, nullable=False),
    Column("modified", Instant, nullable=False),
    Column("modified_by", Words, nullable=False),
    Column("canonical_url", Words),
    Column("image", Words),
    Column("enclosures", JSON, nullable=False),
    Column("was_public", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("guid"),
    Index("ix_articles_newest", "status", "listed", "id", "day"),
    Index("ix_articles_day", "status", "day"),
    Index("ix_articles_listed", "listed", "id", "status"),
    Index("ix_articles_modified", "modified", "id"),
)

# The states that an article had before its present one, each as a JSON document.
revisions = Table(
    "revisions",
    metadata,
    Column("article_id", Words, ForeignKey("articles.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("saved_by", Words, nullable=False),
    Column("document", JSON, nullable=False),
)

# Every address that was ever given out. One never changes hands once its article was public.
addresses = Table(
    "addresses",
    metadata,
    Column("path", Words, primary_key=True),
    Column("article_id", Words, ForeignKey("articles.id"), nullable=False, index=True),
)

# The lists that published articles are in, and only they.
labels = Table(
    "labels",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("published", Instant, primary_key=True),
    Column("article_id", Words, ForeignKey("articles.id"), primary_key=True),
    Column("name", Words, nullable=False),
    Index("ix_labels_article_id", "article_id"),
    sqlite_with_rowid=False,
)

# One row. Its update orders all writers, so that the log's order is the order of the commits.
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
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("days", JSON, nullable=False),
    Index("ix_changes_kind", "kind", "seq"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", Words, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("holder", Words, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("until", Instant),
)

renditions = Table(
    "renditions",
    metadata,
    Column("path", Words, primary_key=True),
    Column("media_type", Words, nullable=False),
    Column("modified", Instant, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("lineage", LargeBinary),  # last: whoever reads the others need not read on
)

rendition_codings = Table(
    "rendition_codings",
    metadata,
    Column("path", Words, ForeignKey("renditions.path", ondelete="CASCADE"), primary_key=True),
    Column("coding", Words, primary_key=True),
    Column("etag", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

origins = Table(
    "origins",
    metadata,
    Column("key", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("article_id", Words, ForeignKey("articles.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_origins_article_id", "article_id"),
)

requests = Table(
    "requests",
    metadata,
    Column("key", Words, primary_key=True),
    Column("sent_by", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("article_id", Words, ForeignKey("articles.id"), nullable=False),
    Column("received", Instant, nullable=False, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Words, primary_key=True),
    Column("digest", Words, nullable=False, index=True),
    Column("scope", Words, nullable=False),
    Column("created", Instant, nullable=False),
    Column("revoked", Instant),
)

# Articles that readers have seen and see no more, with the lists that they were in.
tombstones = Table(
    "tombstones",
    metadata,
    Column("article_id", Words, ForeignKey("articles.id"), primary_key=True),
    Column("guid", Words, nullable=False),
    Column("gone", Instant, nullable=False),
    Column("day", Date, nullable=False),
    Column("labels", JSON, nullable=False),
    Index("ix_tombstones_gone", "gone", "article_id"),
)

# The documents that the archive of the site's feed is divided into, each from its first place on.
volumes = Table(
    "volumes",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("listed", Instant),
    Column("article_id", Words),
)

# Who is told when a document changes, by the SHA-256 of path and callback. `due` is when to call next.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Words, primary_key=True),
    Column("path", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("callback", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("secret", Words),
    Column("until", Instant, nullable=False, index=True),
    Column("wanted", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("etag", Words),
    Column("failures", Integer, nullable=False),
    Column("behind_since", Instant),
    Column("due", Instant),
    Column("claimed_by", Words),
    Index("ix_subscriptions_path", "path", "until"),
    Index("ix_subscriptions_due", "due", "id", "host", "until"),
)

# Subscriptions and their ends that were asked for and that the callback has not confirmed yet.
intents = Table(
    "intents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("ticket", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("path", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("callback", Words, nullable=False),
    Column("host", Words, nullable=False),
    Column("secret", Words),
    Column("lease", BigInteger, nullable=False),
    Column("reason", Words, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("claimed_by", Words),
    Index("ix_intents_due", "due", "id"),
)

# What is said once about the whole archive, such as its own permanent name.
facts = Table(
    "facts",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", Words, nullable=False),
)
