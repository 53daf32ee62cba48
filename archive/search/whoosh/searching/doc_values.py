"""Doc values: per-document values of a snapshot as arrays over all segments."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from whoosh.util.numeric import byte_to_length

from archive.search.whoosh.arrays import Array, Mask
from archive.search.whoosh.reader import LiveSegment, Snapshot
from archive.search.whoosh.segment.field_lengths import padded_lengths
from archive.search.whoosh.segment.segment import Segment

K1: Final = 1.5  # of BM25
B: Final = 0.75
_LENGTHS: Final = np.array([byte_to_length(code) for code in range(256)], dtype=np.float64)
_ORDINAL_1970: Final = 719163  # date(1970, 1, 1).toordinal()


class DocValues:
    """The values of a snapshot. Documents are numbered consecutively across segments. `bases`: the number of each
    segment's first document, followed by the number of all documents."""

    def __init__(self, segments: Sequence[LiveSegment]) -> None:
        self._segments = segments
        self.bases = [0]
        for part in segments:
            self.bases.append(self.bases[-1] + part.segment.documents)
        self.size = self.bases[-1]
        self._lengths: dict[str, Array] = {}
        self._norms: dict[str, Array] = {}

    @cached_property
    def live(self) -> Mask | None:
        """A mask of the live documents; None if all are live."""
        if not any(part.not_live for part in self._segments):
            return None
        live = np.ones(self.size, np.bool_)
        for part, base in zip(self._segments, self.bases, strict=False):
            if part.not_live:
                live[np.fromiter(part.not_live, np.int64, len(part.not_live)) + base] = False
        return live

    @cached_property
    def published(self) -> Array:
        """Publication times, in microseconds since 1970 UTC."""
        return self._joined(lambda segment: np.frombuffer(segment.rows.published, np.int64), np.int64)

    @cached_property
    def days(self) -> Array:
        """Publication days, as `date.toordinal` numbers."""
        return self._joined(lambda segment: np.frombuffer(segment.rows.days, np.int32), np.int32)

    @cached_property
    def months(self) -> Array:
        """Publication months, in months since the year 0."""
        since_1970 = (self.days - _ORDINAL_1970).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
        return since_1970 + np.int32(1970 * 12)

    @cached_property
    def newest_day(self) -> int:
        """The latest day of a live document, as a `date.toordinal` number; 0 if there is none."""
        days = self.days if self.live is None else self.days[self.live]
        return int(days.max()) if len(days) else 0

    def lengths(self, field: str) -> Array:
        """The length in words of a field in each document, in Whoosh's one-byte code."""
        if field not in self._lengths:
            self._lengths[field] = self._joined(lambda segment: padded_lengths(segment, field), np.uint8)
        return self._lengths[field]

    def norms(self, field: str) -> Array:
        """BM25's length normalisation, K1 * (1 - B + B * length / average), by one-byte code of the length."""
        if field not in self._norms:
            codes = self.lengths(field)
            counts = np.bincount(codes if self.live is None else codes[self.live], minlength=256)
            counts[0] = 0  # articles without the field, such as a summary, do not count in its average length
            average = float(_LENGTHS @ counts) / (int(counts.sum()) or 1) or 1.0
            self._norms[field] = (K1 * (1 - B + B * _LENGTHS / average)).astype(np.float32)
        return self._norms[field]

    def locate(self, document: int) -> tuple[LiveSegment, int]:
        """The segment of a document, and the document's number in it."""
        at = int(np.searchsorted(self.bases, document, side="right")) - 1
        return self._segments[at], document - self.bases[at]

    def id_of(self, document: int) -> str:
        part, number = self.locate(document)
        return part.segment.rows.id_of(number)

    def newest(self, documents: Array, count: int) -> Array:
        """The `count` most recently published of some documents, in the given order."""
        if len(documents) <= count:
            return documents
        dates = self.published[documents]
        newest: Array = documents[np.sort(np.argpartition(dates, -count)[-count:])]
        return newest

    def _joined(self, column: Callable[[Segment], Array], kind: type[np.generic]) -> Array:
        if not self._segments:
            return np.empty(0, kind)
        return np.concatenate([column(part.segment) for part in self._segments])


# Not attributes of Snapshot, since processes without NumPy open snapshots too.
_of_snapshots: Final[WeakKeyDictionary[Snapshot, DocValues]] = WeakKeyDictionary()
_lock: Final = threading.Lock()


def doc_values(snapshot: Snapshot) -> DocValues:
    """The doc values of a snapshot, which are freed with it."""
    values = _of_snapshots.get(snapshot)
    if values is None:
        with _lock:
            values = _of_snapshots.setdefault(snapshot, DocValues(snapshot.segments))
    return values
