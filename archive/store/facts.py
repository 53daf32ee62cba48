"""Facts about the whole archive: named texts."""

from __future__ import annotations

from typing import Protocol

from archive.store.changes import Lease


class Facts(Protocol):
    """Named texts, such as the site's URL and the position that derived data was built for."""

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str, lease: Lease | None = None) -> None:
        """Store a fact in place of its earlier value.

        With a lease, raises LeaseLost, and stores nothing, if the lease is stale."""
        ...

    def identity(self, minted: str) -> str:
        """The archive's permanent name: `minted` is stored if there is none yet."""
        ...
