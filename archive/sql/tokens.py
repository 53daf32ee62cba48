"""The port for bearer tokens, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from archive.errors import Conflict, NotFound
from archive.sql.changes import lock_log
from archive.sql.connections.database import Database
from archive.sql.schema import tokens
from archive.store.tokens import Token


class SqlTokens:
    """`Tokens` (archive.store.tokens) in SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token) -> None:
        with self._database.writing() as connection:
            lock_log(connection)
            if connection.execute(select(tokens.c.name).where(tokens.c.name == token.name)).first():
                raise Conflict(f"there is already a token {token.name!r}; choose another name")
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

    def all(self) -> Sequence[Token]:
        with self._database.reading() as connection:
            rows = connection.execute(select(tokens).order_by(tokens.c.name))
            return [_token(row) for row in rows]

    def find(self, digest: str) -> Token | None:
        with self._database.reading() as connection:
            # A token that was added under two names is valid until both are revoked.
            same = (
                select(tokens).where(tokens.c.digest == digest).order_by(tokens.c.revoked.is_not(None), tokens.c.name)
            )
            row = connection.execute(same).first()
        return None if row is None else _token(row)

    def revoke(self, name: str, *, now: datetime) -> None:
        statement = (
            update(tokens)
            .where(tokens.c.name == name, tokens.c.revoked.is_(None))
            .values(revoked=now)
            .returning(tokens.c.name)
        )
        with self._database.writing() as connection:
            if connection.execute(statement).one_or_none() is None:
                raise NotFound(f"there is no valid token {name!r}; `dateline token list` shows them")


def _token(row: Row[Any]) -> Token:
    return Token(row.name, row.digest, row.scope, row.created, row.revoked)
