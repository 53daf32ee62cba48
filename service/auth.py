"""Bearer tokens with scopes (RFC 6750)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from archive.errors import DatelineError
from archive.store.archive import Archive
from archive.store.tokens import Token
from service.settings import Settings


class Scope(IntEnum):
    """The rights of a token. Each scope includes those before it."""

    READ = 1
    WRITE = 2
    ADMIN = 3


class Unauthorized(DatelineError):
    """No valid token was sent (401)."""

    code = "unauthorized"


class Forbidden(DatelineError):
    """The token's scope is too small for the call (403)."""

    code = "insufficient_scope"


@dataclass(frozen=True, slots=True)
class Caller:
    """The client of a request. `name` is that of its token."""

    name: str
    scope: Scope


class Gate:
    """Checks the bearer token of a request (RFC 6750). Revoking a token takes effect at once."""

    def __init__(self, archive: Archive, settings: Settings) -> None:
        self.archive = archive
        token = settings.admin_token
        self._from_settings = None if token is None else token_digest(token)

    def admit(self, authorization: str | None, wanted: Scope) -> Caller:
        """The caller. Raises Unauthorized if there is no valid token, and Forbidden if its scope is below `wanted`."""
        scheme, _, credentials = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not credentials.strip():
            raise Unauthorized("a token is required: `Authorization: Bearer TOKEN`; `dateline token create` makes one")
        caller = self._caller(token_digest(credentials.strip()))
        if caller is None:
            raise Unauthorized("the token is unknown or revoked; `dateline token create` makes a new one")
        if caller.scope < wanted:
            raise Forbidden(
                f"the token {caller.name!r} has the scope {caller.scope.name.lower()}; this call needs {wanted.name.lower()}"
            )
        return caller

    def _caller(self, digest: str) -> Caller | None:
        if self._from_settings is not None and hmac.compare_digest(digest, self._from_settings):
            return Caller("settings", Scope.ADMIN)
        token = self.archive.tokens.find(digest)
        if token is None or token.revoked is not None:
            return None
        return Caller(token.name, Scope[token.scope.upper()])


def token_digest(secret: str) -> str:
    """SHA-256 of a token, the only form that is stored. Its 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(archive: Archive, name: str, scope: Scope, *, clock: Callable[[], datetime]) -> str:
    """Create a token and return its secret, which cannot be read again. Raises Conflict if the name is taken."""
    secret = f"dl_{secrets.token_urlsafe(32)}"
    archive.tokens.add(Token(name, token_digest(secret), scope.name.lower(), clock()))
    return secret
