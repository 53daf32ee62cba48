"""The port for facts: named strings about the whole archive."""

from __future__ import annotations

from typing import Protocol

from archive.store.changes import Lease


class Facts(Protocol):
    """Named strings, such as the site's URL and the log position up to which derived data was built."""

    def get(self, name: str) -> str | None:
        """The value of a fact; None if it is not stored."""
        ...

    def set(self, name: str, value: str, lease: Lease | None = None) -> None:
        """Store a fact, replacing its earlier value.

        With a lease, raises LeaseLost, and stores nothing, if the lease is stale."""
        ...

    def identity(self, minted: str) -> str:
        """The archive's permanent identifier. Stores `minted` if there is none yet."""
        ...
