"""Writes posting lists and term tables in Whoosh's third format, many terms at a time.

Whoosh's own writer needs a call per posting, which was most of the time of indexing. Here NumPy computes the figures of
all terms at once, and Python only concatenates the bytes of each term."""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from pickle import dumps
from typing import Any, Final, NamedTuple

import numpy as np
from whoosh.codec.whoosh3 import W3Segment, W3TermInfo
from whoosh.filedb.filestore import Storage
from whoosh.filedb.filetables import HashWriter, OrderedHashWriter
from whoosh.util.numlists import GrowableArray

from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.codec import (
    BLOCK,
    DELTAS_CODE,
    EXTENT,
    FIELD,
    HEAD,
    KEY_AND_VALUE,
    MAGIC,
    POSITIONS_CODE,
    SIZE,
)

MAX_INLINED: Final = 8  # postings; lists up to this length, those of most terms, are stored in the term table itself
MIN_COMPRESSED: Final = 120  # bytes of positions; fewer hardly compress
ZLIB_LEVEL: Final = 3
CONTINUED: Final = 0x80  # the bit of a byte that says that more bytes of the number follow

_PICKLE_PROTOCOL: Final = 3  # Whoosh's protocol 2 writes bytes as calls of a codec: reading takes five times as long
_CRC32: Final = 1  # index in Whoosh's list of hash functions; its default, MD5, is slower without any benefit
_POINTER: Final = struct.Struct("!Iq")
_FLOAT: Final = struct.Struct(">d")


class TermPostings(NamedTuple):
    """Some terms of a field, in byte order, and their postings.

    The postings of `terms[n]` are those from `bounds[n]` to `bounds[n + 1]`: sorted `documents`, each with its term
    frequency (`weights`). If the field has positions, the encoded positions of posting p are
    `positions[ends[p]:ends[p + 1]]`."""

    terms: Sequence[bytes]
    bounds: Array
    documents: Array
    weights: Array
    positions: bytes = b""
    ends: Array | None = None


def encode(differences: Array) -> tuple[bytes, Array]:
    """Variable-length encoding with seven bits per byte. Returns the bytes, and the offset of each number followed by
    the total length."""
    lengths = np.ones(len(differences), np.int64)
    for shift in (7, 14, 21, 28):
        lengths += differences >> shift > 0
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    if int(ends[-1]) == len(differences):
        return differences.astype(np.uint8).tobytes(), ends
    content = np.zeros(int(ends[-1]), np.uint8)
    for number in range(int(lengths.max())):
        longer = lengths > number
        continued = np.where(lengths[longer] > number + 1, CONTINUED, 0)
        content[ends[:-1][longer] + number] = (differences[longer] >> 7 * number) & 0x7F | continued
    return content.tobytes(), ends


def ends_of(positions: bytes | bytearray, weights: Array) -> Array:
    """The offset of each posting's encoded positions, then the total length. `weights`: positions per posting."""
    numbers = np.concatenate((np.zeros(1, np.int64), np.cumsum(weights, dtype=np.int64)))
    if positions.isascii():
        return numbers
    ends = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(np.frombuffer(positions, np.uint8) < CONTINUED) + 1))
    return ends[numbers]


class TermsWriter:
    """Writes the terms of a segment, field by field, and within a field in byte order."""

    def __init__(self, storage: Storage, segment: W3Segment) -> None:
        self._table = _TermTable(segment.create_file(storage, ".trm"))
        self._fields: dict[str, int] = {}
        self._table.extras["fieldmap"] = self._fields
        self._postings = segment.create_file(storage, ".pst")
        self._end = 0

    def write(self, field: str, lists: TermPostings, lengths: Array | None) -> None:
        """`lengths`: of the field in each document, in Whoosh's one-byte code; None for a field that is not scored."""
        if not lists.terms:
            return
        number = FIELD.pack(self._fields.setdefault(field, len(self._fields)))
        starts, counts = lists.bounds[:-1], np.diff(lists.bounds)
        codes = lengths[lists.documents] if lengths is not None else np.zeros(len(lists.documents), np.uint8)
        blocks = _Blocks(lists, codes)
        records = zip(
            lists.terms,
            starts.tolist(),
            counts.tolist(),
            np.add.reduceat(lists.weights, starts).tolist(),
            np.minimum.reduceat(codes, starts).tolist(),
            np.maximum.reduceat(codes, starts).tolist(),
            np.maximum.reduceat(lists.weights, starts).tolist(),
            lists.documents[starts].tolist(),
            lists.documents[lists.bounds[1:] - 1].tolist(),
            blocks.first_of(counts).tolist(),
            strict=True,
        )
        pack, add = W3TermInfo._struct.pack, self._table.add
        for term, start, count, total, min_length, max_length, max_weight, first, last, block in records:
            if inlined := count <= MAX_INLINED:
                postings = blocks.inlined(start, count)
            else:
                content = blocks.listed(block, start, count)
                postings = EXTENT.pack(self._end, len(content))
                self._postings.write(content)
                self._end += len(content)
            info = pack(inlined, total, count, min_length, max_length, max_weight, first, last)
            add(number + term, info + postings)

    def close(self) -> None:
        self._table.close()
        self._postings.close()


class _TermTable(OrderedHashWriter):  # type: ignore[misc]
    """Whoosh's term table, with one write per record and per hash table instead of many."""

    def __init__(self, file: Any) -> None:
        HashWriter.__init__(self, file, hashtype=_CRC32)  # as OrderedHashWriter, with another hash function
        self.index = GrowableArray("H")
        self._at = file.tell()

    def add(self, key: bytes, value: bytes) -> None:
        hashed = zlib.crc32(key)
        self.buckets[hashed & 255].append((hashed, self._at))
        self.index.append(self._at)
        record = KEY_AND_VALUE.pack(len(key), len(value)) + key + value
        self.dbfile.write(record)
        self._at += len(record)

    def _write_hashes(self) -> None:
        for entries in self.buckets:
            slots = len(entries) * 3 // 2 + 1
            self.directory.append((self._at, slots))
            table = [(0, 0)] * slots
            for entry in entries:
                slot = (entry[0] >> 8) % slots
                while table[slot] != (0, 0):
                    slot = (slot + 1) % slots
                table[slot] = entry
            content = b"".join(_POINTER.pack(*entry) for entry in table)
            self.dbfile.write(content)
            self._at += len(content)


class _Blocks:
    """The postings of many terms, encoded in blocks of at most BLOCK postings."""

    def __init__(self, lists: TermPostings, codes: Array) -> None:
        starts, counts = lists.bounds[:-1], np.diff(lists.bounds)
        per_term = _blocks_of(counts)
        within = np.arange(int(per_term.sum())) - np.repeat(np.cumsum(per_term) - per_term, per_term)
        begins = np.repeat(starts, per_term) + BLOCK * within
        deltas = np.diff(lists.documents, prepend=lists.documents[:1])
        deltas[begins] = 0  # the first document of a block is stored as such, not as a delta
        self._documents = _numbers(lists.documents)
        self._weights = _numbers(lists.weights)
        self._deltas = {width: memoryview(deltas.astype(f"<u{width}").tobytes()) for width in (1, 2, 4)}
        self._max_delta = np.maximum.reduceat(deltas, begins).tolist()
        self._small_weights = memoryview(lists.weights.astype(np.uint8).tobytes())
        self._min_weight = np.minimum.reduceat(lists.weights, begins).tolist()
        self._max_weight = np.maximum.reduceat(lists.weights, begins).tolist()
        self._min_length = np.minimum.reduceat(codes, begins).tolist()
        self._max_length = np.maximum.reduceat(codes, begins).tolist()
        self._positions = lists.positions
        self._ends = None if lists.ends is None else _numbers(lists.ends, "q")

    def first_of(self, counts: Array) -> Array:
        """The index of each term's first block."""
        per_term = _blocks_of(counts)
        first: Array = np.cumsum(per_term) - per_term
        return first

    def inlined(self, start: int, count: int) -> bytes:
        """The pickle of (documents, weights, values) that Whoosh stores in the term table for inlined postings."""
        end = start + count
        values = [b""] * count
        if self._ends is not None:
            ends = self._ends[start : end + 1]
            values = [self._positions[ends[at] : ends[at + 1]] for at in range(count)]
        opening, closing = (b"(", b"t") if count > 3 else (b"", b".\x85\x86\x87"[count : count + 1])
        pieces = (
            b"".join(map(_int, self._documents[start:end])),
            b"".join(map(_int, self._weights[start:end])),
            b"".join(map(_bytes, values)),
        )
        return b"\x80\x03" + b"".join(opening + piece + closing for piece in pieces) + b"\x87."

    def listed(self, block: int, start: int, count: int) -> bytes:
        """The bytes of a posting list in the postings file, from its first block on."""
        end = start + count
        content = [MAGIC]
        for begin in range(start, end, BLOCK):
            after = min(begin + BLOCK, end)
            data = b"".join(self._pickled(block, begin, after))
            size = HEAD + len(data)
            content += (SIZE.pack(-size if after == end else size), self._head(block, begin, after), data)
            block += 1
        return b"".join(content)

    def _head(self, block: int, begin: int, end: int) -> bytes:
        last = self._documents[end - 1]
        numbers = b"\x80\x03(J" + (end - begin).to_bytes(4, "little") + b"J" + last.to_bytes(4, "little")
        bounds = self._min_length[block], self._max_length[block]
        max_weight = _FLOAT.pack(self._max_weight[block])
        return numbers + b"G" + max_weight + bytes((*b"K", 0, *b"K", bounds[0], *b"K", bounds[1], *b"t."))

    def _pickled(self, block: int, begin: int, end: int) -> Iterator[bytes]:
        """The pickle of (DocumentDeltas, weights, BlockPositions or None), written opcode by opcode: `dumps` takes four
        times as long and writes twice as many bytes."""
        width = 1 if self._max_delta[block] <= 0xFF else 2 if self._max_delta[block] <= 0xFFFF else 4
        raw = bytes(self._deltas[width][(begin + 1) * width : end * width])
        yield (
            b"\x80\x03\x82"
            + DELTAS_CODE
            + _int(self._documents[begin])
            + bytes((*b"K", width))
            + _bytes(raw)
            + b"\x87R"
        )
        min_weight, max_weight = self._min_weight[block], self._max_weight[block]
        if min_weight == max_weight:
            stored = reference = b"N" if max_weight == 1 else b"G" + _FLOAT.pack(max_weight)
        elif max_weight <= 0xFF:
            stored, reference = _bytes(bytes(self._small_weights[begin:end])) + b"q\x00", b"h\x00"
        else:
            content = dumps(array("f", self._weights[begin:end]), _PICKLE_PROTOCOL)[2:-1]
            stored, reference = content + b"q\xff", b"h\xff"
        yield stored
        if self._ends is None:
            yield b"N\x87."
            return
        positions = self._positions[self._ends[begin] : self._ends[end]]
        smaller = zlib.compress(positions, ZLIB_LEVEL) if len(positions) >= MIN_COMPRESSED else positions
        compressed = len(smaller) < len(positions)
        yield b"\x82" + POSITIONS_CODE + _bytes(smaller if compressed else positions) + reference
        yield b"\x88\x87R\x87." if compressed else b"\x89\x87R\x87."


def _blocks_of(counts: Array) -> Array:
    blocks: Array = -(-counts // BLOCK)
    return blocks


def _numbers(values: Array, typecode: str = "I") -> memoryview:
    """The values as a memoryview, which creates Python numbers only when they are read."""
    return memoryview(values.astype(np.dtype(typecode)).tobytes()).cast(typecode)  # type: ignore[call-overload,no-any-return]


def _int(number: int) -> bytes:
    if number <= 0xFF:
        return bytes((*b"K", number))
    if number <= 0xFFFF:
        return b"M" + number.to_bytes(2, "little")
    return b"J" + number.to_bytes(4, "little")


def _bytes(content: bytes) -> bytes:
    if len(content) <= 0xFF:
        return bytes((*b"C", len(content))) + content
    return b"B" + len(content).to_bytes(4, "little") + content
