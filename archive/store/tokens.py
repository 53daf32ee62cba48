"""Bearer tokens of the admin API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, of which only the SHA-256 is kept."""

    name: str
    digest: str
    scope: str
    created: datetime
    revoked: datetime | None = None
