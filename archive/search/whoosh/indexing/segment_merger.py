"""Merges segments: writes the live documents of several as one segment, in their order."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from pickle import loads
from typing import Final

import numpy as np
from whoosh.codec.whoosh3 import W3TermInfo
from whoosh.filedb.filestore import FileStorage

from archive.search.fields import TEXT_FIELDS
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.indexing.postings_writer import TermPostings, ends_of
from archive.search.whoosh.indexing.segment_writer import FIELDS, write_segment
from archive.search.whoosh.segment.codec import EXTENT, blocks
from archive.search.whoosh.segment.damage import reading_files
from archive.search.whoosh.segment.field_lengths import padded_lengths
from archive.search.whoosh.segment.postings import documents_of, weights_of
from archive.search.whoosh.segment.segment import Segment

MAX_GATHERED: Final = 500_000  # postings that are written together


def merge(sources: Sequence[tuple[Path, Collection[int]]], folder: Path) -> tuple[Path, int]:
    """Writes the live documents of several segments into `folder` as one segment. Returns its path and its number of
    documents.

    `sources`: segment files with their deleted documents. Memory grows with the number of documents, not with the size
    of the segments. Raises IndexUnavailable if a source is damaged."""
    segments = [Segment(path) for path, _ in sources]
    live = [_live(segment, deleted) for segment, (_, deleted) in zip(segments, sources, strict=True)]
    rows = [
        segment.rows.row(document)
        for segment, is_live in zip(segments, live, strict=True)
        for document in np.flatnonzero(is_live).tolist()
    ]
    lengths = {
        field.name: np.concatenate(
            [padded_lengths(segment, field.name)[is_live] for segment, is_live in zip(segments, live, strict=True)]
        )
        for field in TEXT_FIELDS
    }
    lists = ((field, postings) for field in FIELDS for postings in _lists(segments, live, field))
    name = write_segment(FileStorage(str(folder)), rows, lengths, lists)
    return folder / f"{name}.seg", len(rows)


def _live(segment: Segment, deleted: Collection[int]) -> Array:
    """A mask of the documents that are not deleted."""
    live = np.ones(segment.documents, np.bool_)
    live[np.fromiter(deleted, np.int64, len(deleted))] = False
    return live


def _lists(segments: Sequence[Segment], live: Sequence[Array], field: str) -> Iterator[TermPostings]:
    """The field's terms in all segments, in batches, with the new document numbers."""
    all_live = np.concatenate(live)
    new_numbers = np.cumsum(all_live) - 1
    bases = np.cumsum([0, *map(len, live)])
    streams = [_records(segment, number, field) for number, segment in enumerate(segments)]
    gathered = _Gathered()
    for term, number, record in heapq.merge(*streams):
        if gathered.is_full and term != gathered.terms[-1]:
            yield from gathered.lists(bases, all_live, new_numbers)
            gathered = _Gathered()
        gathered.add(term, number, segments[number], record)
    yield from gathered.lists(bases, all_live, new_numbers)


def _records(segment: Segment, number: int, field: str) -> Iterator[tuple[bytes, int, bytes]]:
    return ((term, number, record) for term, record in segment.records(field))


class _Gathered:
    """A batch of terms in order, with their postings from all segments."""

    def __init__(self) -> None:
        self.terms: list[bytes] = []
        self._begins: list[int] = []
        self._documents, self._weights, self._positions = array("I"), array("f"), bytearray()
        self._runs: list[tuple[int, int]] = []  # consecutive postings: index of the segment, number of postings

    @property
    def is_full(self) -> bool:
        return len(self._documents) >= MAX_GATHERED

    def add(self, term: bytes, number: int, segment: Segment, record: bytes) -> None:
        begin = len(self._documents)
        if not self.terms or self.terms[-1] != term:
            self.terms.append(term)
            self._begins.append(begin)
        tail = record[W3TermInfo._struct.size :]
        with reading_files():
            if record[0]:
                documents, weights, values = loads(tail)  # noqa: S301 - the index is our own
                self._documents.extend(documents)
                self._weights.extend(weights)
                self._positions += b"".join(values)
            else:
                for block in blocks(segment.view, EXTENT.unpack(tail)[0]):
                    self._documents.frombytes(documents_of(block).tobytes())
                    self._weights.frombytes(weights_of(block).tobytes())
                    if block.positions is not None:
                        self._positions += block.positions.joined()
        self._runs.append((number, len(self._documents) - begin))

    def lists(self, bases: Array, live: Array, new_numbers: Array) -> Iterator[TermPostings]:
        """The postings of live documents: one TermPostings, or none if all documents are deleted.

        `bases`: the index of each segment's first document in `live` and `new_numbers`, which cover all segments."""
        if not self.terms:
            return
        runs = np.array(self._runs, np.int64)
        documents = np.frombuffer(self._documents, np.uint32) + np.repeat(bases[runs[:, 0]], runs[:, 1])
        weights = np.frombuffer(self._weights, np.float32).astype(np.int64)
        terms, bounds, positions = self.terms, np.array([*self._begins, len(documents)]), bytes(self._positions)
        ends = ends_of(positions, weights) if positions else None
        kept = live[documents]
        if not kept.all():
            counts = np.add.reduceat(kept.astype(np.int64), bounds[:-1])
            terms = [term for term, count in zip(terms, counts.tolist(), strict=True) if count]
            bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts[counts > 0])))
            documents, weights = documents[kept], weights[kept]
            if ends is not None:
                kept_bytes = np.repeat(kept, np.diff(ends))
                positions = np.frombuffer(positions, np.uint8)[kept_bytes].tobytes()
                ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.diff(ends)[kept])))
        if terms:
            yield TermPostings(terms, bounds, new_numbers[documents], weights, positions, ends)
