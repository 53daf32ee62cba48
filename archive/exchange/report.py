"""The result of an import: counts, failures and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MAX_LISTED: Final = 10_000  # failures, and distinct notes, that are kept; further failures are only counted


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that was not imported. Every reason begins with the name of the field concerned."""

    location: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Note:
    """A remark, the location of its first occurrence, and the number of items that it applies to."""

    text: str
    location: str
    count: int = 1


@dataclass(slots=True)
class Report:
    """The numbers of items by result. `skipped` counts files in folders that are not in the import's format.

    `failed` has the first MAX_LISTED failures, `unlisted` is the number of further ones."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    unlisted: int = 0
    failed: list[Failure] = field(default_factory=list)
    _notes: dict[str, Note] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        return len(self.failed) + self.unlisted

    @property
    def items(self) -> int:
        return self.added + self.changed + self.unchanged + self.failures

    @property
    def notes(self) -> Sequence[Note]:
        """Every distinct remark once, in the order of first occurrence."""
        return list(self._notes.values())

    def fail(self, location: str, reasons: Sequence[object]) -> None:
        """Add a failure. Each reason's string is shown to people."""
        if len(self.failed) < MAX_LISTED:
            self.failed.append(Failure(location, tuple(map(str, reasons))))
        else:
            self.unlisted += 1

    def note(self, location: str, text: str) -> None:
        """Add a remark on an item."""
        known = self._notes.get(text)
        if known is not None:
            known.count += 1
        elif len(self._notes) < MAX_LISTED:
            self._notes[text] = Note(text, location)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a running import: the last location read, and the bytes of the files on disk read so far."""

    location: str
    bytes_read: int
    report: Report
