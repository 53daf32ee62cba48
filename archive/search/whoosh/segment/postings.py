"""Posting lists of one segment as NumPy arrays, decoded a block at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.codec import Block, blocks
from archive.search.whoosh.segment.damage import reading_files
from archive.search.whoosh.segment.segment import Segment
from archive.util.chunks import slices

BLOCKS: Final = 500  # whose positions are decoded together; what that takes beside them is many times their size
_WIDTHS: Final = {1: np.uint8, 2: np.uint16, 4: np.uint32}


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The documents that have a term, in order, and how often each has it."""

    documents: Array
    weights: Array

    @property
    def nbytes(self) -> int:
        return int(self.documents.nbytes + self.weights.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where a term stands in its documents: those of the nth are `places[starts[n]:starts[n + 1]]`."""

    documents: Array
    starts: Array
    places: Array

    @property
    def nbytes(self) -> int:
        return int(self.documents.nbytes + self.starts.nbytes + self.places.nbytes)


NOWHERE: Final = Counted(np.empty(0, np.uint32), np.empty(0, np.float32))


# Decoding ------------------------------------------------------------------------------------------------


def counted(segment: Segment, field: str, term: bytes) -> Counted:
    """Raises IndexUnavailable where the file is damaged."""
    info = segment.info(field, term)
    if info is None:
        return NOWHERE
    with reading_files():
        if info.is_inlined():
            documents, weights, _ = info.inlined_postings()
            found = Counted(np.array(documents, np.uint32), np.array(weights, np.float32))
        else:
            read = [(documents_of(block), weights_of(block)) for block in blocks(segment.view, info.extent()[0])]
            found = Counted(np.concatenate([block[0] for block in read]), np.concatenate([block[1] for block in read]))
        _check(found.documents, segment)
        return found


def placed(segment: Segment, field: str, term: bytes, *, among: Array | None = None) -> Placed:
    """`among`: documents, in order, outside of which nothing matters: blocks without any are passed over."""
    info = segment.info(field, term)
    if info is None:
        return Placed(NOWHERE.documents, np.zeros(1, np.int64), NOWHERE.documents)
    with reading_files():
        if info.is_inlined():
            numbers, weights, values = info.inlined_postings()
            documents, counts = np.array(numbers, np.uint32), np.array(weights, np.int64)
            places = _positions(b"".join(values), counts)
        else:
            read = list(blocks(segment.view, info.extent()[0], among=None if among is None else among.tolist()))
            documents = np.concatenate([NOWHERE.documents, *map(documents_of, read)])
            counts_of = [np.concatenate(list(map(weights_of, some))).astype(np.int64) for some in slices(read, BLOCKS)]
            counts = np.concatenate([np.empty(0, np.int64), *counts_of])
            contents = (
                b"".join(block.places.joined() for block in some if block.places is not None)
                for some in slices(read, BLOCKS)
            )
            places = np.concatenate([np.empty(0, np.uint16), *map(_positions, contents, counts_of)])
        _check(documents, segment)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
        return Placed(documents, starts.astype(np.uint32), places)


def _check(documents: Array, segment: Segment) -> None:
    if len(documents) and int(documents[-1]) >= segment.documents:
        raise ValueError("a posting list names documents that there are none of")


def documents_of(block: Block) -> Array:
    raw = np.frombuffer(block.steps.raw, _WIDTHS[block.steps.width])
    documents = np.empty(len(raw) + 1, np.uint32)
    documents[0] = block.steps.first
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
    """The numbers of seven bits a byte, summed up anew for each posting, of which each has so many."""
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    steps = _numbers(np.frombuffer(content, np.uint8), ascii_only=content.isascii())
    if len(steps) != int(starts[-1]):
        raise ValueError("a list of positions is not as long as its weights say")
    # Sums may run over: what is left of two of them does not, and takes half the memory.
    sums = np.zeros(len(steps) + 1, np.uint32)
    np.cumsum(steps, out=sums[1:])
    places: Array = sums[1:] - np.repeat(sums[starts[:-1]], counts)
    return places.astype(np.uint16) if not len(places) or int(places.max()) <= 0xFFFF else places


def _numbers(raw: Array, *, ascii_only: bool) -> Array:
    """Seven bits a byte, the lowest first, and the last byte of each without the eighth."""
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
