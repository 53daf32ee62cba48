"""Buffers results of deliveries, so that one transaction stores many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from archive.store.subscriptions import Delivered, Failed


@dataclass(slots=True)
class ResultBuffer:
    """Shared among threads."""

    delivered: list[Delivered] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def add(self, result: Delivered | Failed) -> None:
        with self.lock:
            if isinstance(result, Delivered):
                self.delivered.append(result)
            else:
                self.failed.append(result)

    def put_back(self, delivered: Sequence[Delivered], failed: Sequence[Failed]) -> None:
        """Put results back that could not be stored."""
        with self.lock:
            self.delivered += delivered
            self.failed += failed

    def take(self) -> tuple[list[Delivered], list[Failed]]:
        """Remove and return all results."""
        with self.lock:
            taken = self.delivered, self.failed
            self.delivered, self.failed = [], []
        return taken

    def __bool__(self) -> bool:
        return bool(self.delivered or self.failed)
