"""The port for the bearer tokens of the admin API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token (RFC 6750). Only its SHA-256 is stored: `digest`, in hexadecimal digits."""

    name: str
    digest: str
    scope: str
    created: datetime
    revoked: datetime | None = None


class Tokens(Protocol):
    """Bearer tokens by name. Revoked tokens are not deleted."""

    def add(self, token: Token) -> None:
        """Raises Conflict if the name is taken."""
        ...

    def all(self) -> Sequence[Token]:
        """All tokens, ordered by name."""
        ...

    def find(self, digest: str) -> Token | None:
        """The token with this SHA-256 (hexadecimal), preferably one that is not revoked; None if there is none."""
        ...

    def revoke(self, name: str, *, now: datetime) -> None:
        """Raises NotFound if there is no valid token of this name."""
        ...
