"""The response of another host. Not in the client's module, which web processes need not load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Response:
    """`body` has at most the requested bytes; `is_complete` is False if there were more."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    is_complete: bool = True
