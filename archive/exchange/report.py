"""What an import did, in numbers, with everything its owner should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_LISTED = 10_000  # failures, and different notes, that are listed one by one; all are counted


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that was not taken; every reason begins with the field that it is about."""

    place: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Note:
    """One remark, where it was due first, and for how many items."""

    text: str
    place: str
    count: int = 1


@dataclass(slots=True)
class Report:
    """Items by what became of them; `skipped` are files in folders that were not for this import.

    `unlisted` failures came after the first MOST_LISTED, which `failed` holds."""

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
        """Every remark once, in the order in which they first came up."""
        return list(self._notes.values())

    def fail(self, place: str, reasons: Sequence[object]) -> None:
        if len(self.failed) < MOST_LISTED:
            self.failed.append(Failure(place, tuple(map(str, reasons))))
        else:
            self.unlisted += 1

    def note(self, place: str, text: str) -> None:
        known = self._notes.get(text)
        if known is not None:
            known.count += 1
        elif len(self._notes) < MOST_LISTED:
            self._notes[text] = Note(text, place)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come: `place` was read last, `bytes_read` counts bytes as they lie on the disk."""

    place: str
    bytes_read: int
    report: Report
