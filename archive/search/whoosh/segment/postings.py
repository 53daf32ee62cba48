"""Posting lists of a segment as NumPy arrays, decoded block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.codec import Block, blocks
from archive.search.whoosh.segment.damage import reading_files
from archive.search.whoosh.segment.segment import Segment
from archive.util.chunks import chunked

MAX_BLOCKS: Final = 500  # whose positions are decoded together: decoding takes many times their size in memory
_WIDTHS: Final = {1: np.uint8, 2: np.uint16, 4: np.uint32}


@dataclass(frozen=True, slots=True, eq=False)
class PostingList:
    """The documents with a term, sorted, and the term frequency in each."""

    documents: Array
    weights: Array

    @property
    def nbytes(self) -> int:
        return int(self.documents.nbytes + self.weights.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """The positions of a term: those in `documents[n]` are `positions[starts[n]:starts[n + 1]]`."""

    documents: Array
    starts: Array
    positions: Array

    @property
    def nbytes(self) -> int:
        return int(self.documents.nbytes + self.starts.nbytes + self.positions.nbytes)


NO_POSTINGS: Final = PostingList(np.empty(0, np.uint32), np.empty(0, np.float32))


# Decoding ------------------------------------------------------------------------------------------------


def read_postings(segment: Segment, field: str, term: bytes) -> PostingList:
    """The posting list of a term; empty for an unknown term. Raises IndexUnavailable if the file is damaged."""
    info = segment.info(field, term)
    if info is None:
        return NO_POSTINGS
    with reading_files():
        if info.is_inlined():
            documents, weights, _ = info.inlined_postings()
            found = PostingList(np.array(documents, np.uint32), np.array(weights, np.float32))
        else:
            read = [(documents_of(block), weights_of(block)) for block in blocks(segment.view, info.extent()[0])]
            found = PostingList(
                np.concatenate([block[0] for block in read]), np.concatenate([block[1] for block in read])
            )
        _check(found.documents, segment)
        return found


def read_positions(segment: Segment, field: str, term: bytes, *, wanted: Array | None = None) -> Positions:
    """The positions of a term. `wanted`: sorted documents; blocks that contain none of them are skipped.

    Raises IndexUnavailable if the file is damaged."""
    info = segment.info(field, term)
    if info is None:
        return Positions(NO_POSTINGS.documents, np.zeros(1, np.int64), NO_POSTINGS.documents)
    with reading_files():
        if info.is_inlined():
            numbers, weights, values = info.inlined_postings()
            documents, counts = np.array(numbers, np.uint32), np.array(weights, np.int64)
            positions = _positions(b"".join(values), counts)
        else:
            read = list(blocks(segment.view, info.extent()[0], wanted=None if wanted is None else wanted.tolist()))
            documents = np.concatenate([NO_POSTINGS.documents, *map(documents_of, read)])
            counts_of = [
                np.concatenate(list(map(weights_of, chunk))).astype(np.int64) for chunk in chunked(read, MAX_BLOCKS)
            ]
            counts = np.concatenate([np.empty(0, np.int64), *counts_of])
            contents = (
                b"".join(block.positions.joined() for block in chunk if block.positions is not None)
                for chunk in chunked(read, MAX_BLOCKS)
            )
            positions = np.concatenate([np.empty(0, np.uint16), *map(_positions, contents, counts_of)])
        _check(documents, segment)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
        return Positions(documents, starts.astype(np.uint32), positions)


def _check(documents: Array, segment: Segment) -> None:
    if len(documents) and int(documents[-1]) >= segment.documents:
        raise ValueError("a posting list contains documents that do not exist")


def documents_of(block: Block) -> Array:
    raw = np.frombuffer(block.documents.raw, _WIDTHS[block.documents.width])
    documents = np.empty(len(raw) + 1, np.uint32)
    documents[0] = block.documents.first
    documents[1:] = raw
    return np.cumsum(documents, dtype=np.uint32)


def weights_of(block: Block) -> Array:
    weights = block.weights
    if weights is None or isinstance(weights, float):
        return np.full(block.length, 1.0 if weights is None else weights, np.float32)
    if isinstance(weights, bytes):
        return np.frombuffer(weights, np.uint8).astype(np.float32)
    return np.frombuffer(weights, np.float32)


def _positions(content: bytes, counts: Array) -> Array:
    """Decodes positions, which are stored as variable-length deltas from 0 in each posting. `counts`: the number of
    positions of each posting."""
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    differences = _numbers(np.frombuffer(content, np.uint8), ascii_only=content.isascii())
    if len(differences) != int(starts[-1]):
        raise ValueError("the number of positions differs from the sum of the weights")
    # Sums over all postings may overflow uint32, but their differences are still right; int64 would double the memory.
    sums = np.zeros(len(differences) + 1, np.uint32)
    np.cumsum(differences, out=sums[1:])
    positions: Array = sums[1:] - np.repeat(sums[starts[:-1]], counts)
    return positions.astype(np.uint16) if not len(positions) or int(positions.max()) <= 0xFFFF else positions


def _numbers(raw: Array, *, ascii_only: bool) -> Array:
    """Decodes variable-length numbers: seven bits per byte, lowest first; the last byte has the eighth bit clear."""
    if ascii_only:
        return raw.astype(np.uint32)
    ends = np.flatnonzero(raw < 0x80)
    lengths = np.diff(ends, prepend=-1)
    numbers = raw[ends].astype(np.uint32)
    longer, before = np.flatnonzero(lengths > 1), 1
    while len(longer):
        numbers[longer] = numbers[longer] << 7 | raw[ends[longer] - before] & 0x7F
        before += 1
        longer = longer[lengths[longer] > before]
    return numbers
