"""Segments of the embedded index, joined into one: the living documents of several, in their order."""

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

from archive.search.whoosh.indexing.postings_writer import Array, Lists, ends_of
from archive.search.whoosh.indexing.segment_writer import FIELDS, write_segment
from archive.search.whoosh.segment.codec import EXTENT, blocks
from archive.search.whoosh.segment.damage import reading_files
from archive.search.whoosh.segment.field_lengths import padded_lengths
from archive.search.whoosh.segment.postings import documents_of, weights_of
from archive.search.whoosh.segment.schema import TEXT_FIELDS
from archive.search.whoosh.segment.segment import Segment

AT_ONCE: Final = 500_000  # postings that are joined together


def join(sources: Sequence[tuple[Path, Collection[int]]], folder: Path) -> tuple[Path, int]:
    """Writes the living documents of several segments into `folder` as one: its file, its documents.

    `sources` name segment files with the documents deleted from them. Memory does not grow with the segments, only
    with their numbers of documents. Raises IndexUnavailable where a source is damaged."""
    segments = [Segment(path) for path, _ in sources]
    living = [_living(segment, deleted) for segment, (_, deleted) in zip(segments, sources, strict=True)]
    rows = [
        segment.rows.row(document)
        for segment, alive in zip(segments, living, strict=True)
        for document in np.flatnonzero(alive).tolist()
    ]
    lengths = {
        field.name: np.concatenate(
            [padded_lengths(segment, field.name)[alive] for segment, alive in zip(segments, living, strict=True)]
        )
        for field in TEXT_FIELDS
    }
    lists = ((field, some) for field in FIELDS for some in _lists(segments, living, field))
    name = write_segment(FileStorage(str(folder)), rows, lengths, lists)
    return folder / f"{name}.seg", len(rows)


def _living(segment: Segment, deleted: Collection[int]) -> Array:
    living = np.ones(segment.documents, np.bool_)
    living[np.fromiter(deleted, np.int64, len(deleted))] = False
    return living


def _lists(segments: Sequence[Segment], living: Sequence[Array], field: str) -> Iterator[Lists]:
    """The field's terms in all segments, some at a time, with the numbers that documents have afterwards."""
    alive = np.concatenate(living)
    numbers = np.cumsum(alive) - 1
    bases = np.cumsum([0, *(len(one) for one in living)])
    streams = [_records(segment, place, field) for place, segment in enumerate(segments)]
    gathered = _Gathered()
    for term, place, record in heapq.merge(*streams):
        if gathered.is_full and term != gathered.terms[-1]:
            yield from gathered.lists(bases, alive, numbers)
            gathered = _Gathered()
        gathered.add(term, place, segments[place], record)
    yield from gathered.lists(bases, alive, numbers)


def _records(segment: Segment, place: int, field: str) -> Iterator[tuple[bytes, int, bytes]]:
    return ((term, place, record) for term, record in segment.records(field))


class _Gathered:
    """Terms in order, with their postings in the segments that they come from."""

    def __init__(self) -> None:
        self.terms: list[bytes] = []
        self._begins: list[int] = []
        self._documents, self._weights, self._places = array("I"), array("f"), bytearray()
        self._runs: list[tuple[int, int]] = []  # segment, number of postings

    @property
    def is_full(self) -> bool:
        return len(self._documents) >= AT_ONCE

    def add(self, term: bytes, place: int, segment: Segment, record: bytes) -> None:
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
                self._places += b"".join(values)
            else:
                for block in blocks(segment.view, EXTENT.unpack(tail)[0]):
                    self._documents.frombytes(documents_of(block).tobytes())
                    self._weights.frombytes(weights_of(block).tobytes())
                    if block.places is not None:
                        self._places += block.places.joined()
        self._runs.append((place, len(self._documents) - begin))

    def lists(self, bases: Array, alive: Array, numbers: Array) -> Iterator[Lists]:
        """At most one: none where all documents are deleted."""
        if not self.terms:
            return
        runs = np.array(self._runs, np.int64)
        documents = np.frombuffer(self._documents, np.uint32) + np.repeat(bases[runs[:, 0]], runs[:, 1])
        weights = np.frombuffer(self._weights, np.float32).astype(np.int64)
        terms, bounds, places = self.terms, np.array([*self._begins, len(documents)]), bytes(self._places)
        ends = ends_of(places, weights) if places else None
        kept = alive[documents]
        if not kept.all():
            counts = np.add.reduceat(kept.astype(np.int64), bounds[:-1])
            terms = [term for term, count in zip(terms, counts.tolist(), strict=True) if count]
            bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts[counts > 0])))
            documents, weights = documents[kept], weights[kept]
            if ends is not None:
                of_byte = np.repeat(kept, np.diff(ends))
                places = np.frombuffer(places, np.uint8)[of_byte].tobytes()
                ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.diff(ends)[kept])))
        if terms:
            yield Lists(terms, bounds, numbers[documents], weights, places, ends)
