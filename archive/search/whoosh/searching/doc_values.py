"""What is known of every document of a snapshot, as arrays: all segments one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

import numpy as np
from whoosh.util.numeric import byte_to_length

from archive.search.whoosh.arrays import Array, Mask
from archive.search.whoosh.reader import Part
from archive.search.whoosh.segment.field_lengths import padded_lengths
from archive.search.whoosh.segment.segment import Segment

K1: Final = 1.5
B: Final = 0.75
_LENGTHS: Final = np.array([byte_to_length(code) for code in range(256)], dtype=np.float64)
_ORDINAL_1970: Final = 719163  # date(1970, 1, 1).toordinal()


class Columns:
    """Documents are numbered through all segments; `bases` says where each segment begins, and where all end."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self.bases = [0]
        for part in parts:
            self.bases.append(self.bases[-1] + part.segment.documents)
        self.size = self.bases[-1]
        self._lengths: dict[str, Array] = {}
        self._norms: dict[str, Array] = {}

    @cached_property
    def alive(self) -> Mask | None:
        """Whether each document can be found; None where all can."""
        if not any(part.hidden for part in self._parts):
            return None
        alive = np.ones(self.size, np.bool_)
        for part, base in zip(self._parts, self.bases, strict=False):
            if part.hidden:
                alive[np.fromiter(part.hidden, np.int64, len(part.hidden)) + base] = False
        return alive

    @cached_property
    def published(self) -> Array:
        """Microseconds since 1970."""
        return self._joined(lambda segment: np.frombuffer(segment.rows.published, np.int64), np.int64)

    @cached_property
    def days(self) -> Array:
        """Days as `date.toordinal` counts them."""
        return self._joined(lambda segment: np.frombuffer(segment.rows.days, np.int32), np.int32)

    @cached_property
    def months(self) -> Array:
        """Months since the year 0."""
        since_1970 = (self.days - _ORDINAL_1970).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
        return since_1970 + np.int32(1970 * 12)

    @cached_property
    def newest_day(self) -> int:
        """When the last document that can be found was published, as `days` count."""
        living = self.days if self.alive is None else self.days[self.alive]
        return int(living.max()) if len(living) else 0

    def lengths(self, field: str) -> Array:
        """How long a field is, in Whoosh's one-byte code."""
        if field not in self._lengths:
            self._lengths[field] = self._joined(lambda segment: padded_lengths(segment, field), np.uint8)
        return self._lengths[field]

    def norms(self, field: str) -> Array:
        """What the length of a field adds to the denominator of BM25, by its one-byte code."""
        if field not in self._norms:
            codes = self.lengths(field)
            counts = np.bincount(codes if self.alive is None else codes[self.alive], minlength=256)
            counts[0] = 0  # an article without a summary says nothing about how long summaries are
            average = float(_LENGTHS @ counts) / (int(counts.sum()) or 1) or 1.0
            self._norms[field] = (K1 * (1 - B + B * _LENGTHS / average)).astype(np.float32)
        return self._norms[field]

    def place(self, document: int) -> tuple[Part, int]:
        """The segment of a document, and its number there."""
        at = int(np.searchsorted(self.bases, document, side="right")) - 1
        return self._parts[at], document - self.bases[at]

    def id_of(self, document: int) -> str:
        part, number = self.place(document)
        return part.segment.rows.id_of(number)

    def _joined(self, column: Callable[[Segment], Array], kind: type[np.generic]) -> Array:
        if not self._parts:
            return np.empty(0, kind)
        return np.concatenate([column(part.segment) for part in self._parts])
