"""Posting lists and term tables in Whoosh's third format, written many terms at a time.

Whoosh's own writer takes a call for every posting, and took most of the time of indexing. Here the figures of all
terms are worked out at once with NumPy, and what is left for each term is to put its bytes together."""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from pickle import dumps
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.codec.whoosh3 import W3Segment, W3TermInfo
from whoosh.filedb.filestore import Storage
from whoosh.filedb.filetables import HashWriter, OrderedHashWriter
from whoosh.util.numlists import GrowableArray

from archive.search.whoosh.segment.codec import BLOCK, EXTENT, FIELD, HEAD, KEY_AND_VALUE, MAGIC, PLACES, SIZE, STEPS

INLINED: Final = 8  # postings that stand in the table itself, as those of most terms do, instead of a list of their own
COMPRESSED_FROM: Final = 120  # bytes of positions; fewer hardly shrink
LEVEL: Final = 3  # of zlib
MORE: Final = 0x80  # in a byte of a number: the number goes on

_PICKLE: Final = 3  # Whoosh's protocol 2 writes bytes as calls of a codec: reading them took five times as long
_CRC32: Final = 1  # in Whoosh's list of hash functions; its default, MD5, takes longer for nothing
_POINTER: Final = struct.Struct("!Iq")
_FLOAT: Final = struct.Struct(">d")

Array = NDArray[Any]


class Lists(NamedTuple):
    """Some terms of one field, in the order of their bytes, and where each stands.

    The postings of the nth term are those from `bounds[n]` to `bounds[n + 1]`: `documents` in order, each with how
    often it has the term (`weights`). Where the field has positions, those of posting p are
    `places[ends[p]:ends[p + 1]]`."""

    terms: Sequence[bytes]
    bounds: Array
    documents: Array
    weights: Array
    places: bytes = b""
    ends: Array | None = None


def encoded(steps: Array) -> tuple[bytes, Array]:
    """Numbers in seven bits a byte, and where the bytes of each begin, with the end of all."""
    lengths = np.ones(len(steps), np.int64)
    for shift in (7, 14, 21, 28):
        lengths += steps >> shift > 0
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    if int(ends[-1]) == len(steps):
        return steps.astype(np.uint8).tobytes(), ends
    content = np.zeros(int(ends[-1]), np.uint8)
    for number in range(int(lengths.max())):
        held = lengths > number
        goes_on = np.where(lengths[held] > number + 1, MORE, 0)
        content[ends[:-1][held] + number] = (steps[held] >> 7 * number) & 0x7F | goes_on
    return content.tobytes(), ends


def ends_of(places: bytes | bytearray, weights: Array) -> Array:
    """Where the encoded positions of each posting begin, with the end of all; each has as many as its weight says."""
    numbers = np.concatenate((np.zeros(1, np.int64), np.cumsum(weights, dtype=np.int64)))
    if places.isascii():
        return numbers
    ends = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(np.frombuffer(places, np.uint8) < MORE) + 1))
    return ends[numbers]


class TermsWriter:
    """Writes a segment's terms, field by field, each field's in the order of their bytes."""

    def __init__(self, storage: Storage, segment: W3Segment) -> None:
        self._table = _Table(segment.create_file(storage, ".trm"))
        self._fields: dict[str, int] = {}
        self._table.extras["fieldmap"] = self._fields
        self._postings = segment.create_file(storage, ".pst")
        self._end = 0

    def write(self, field: str, lists: Lists, lengths: Array | None) -> None:
        """`lengths`: of the field in each document, in the one-byte code; None where they do not count."""
        if not lists.terms:
            return
        number = FIELD.pack(self._fields.setdefault(field, len(self._fields)))
        starts, counts = lists.bounds[:-1], np.diff(lists.bounds)
        codes = lengths[lists.documents] if lengths is not None else np.zeros(len(lists.documents), np.uint8)
        blocks = _Blocks(lists, codes)
        figures = zip(
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
        for term, start, count, total, shortest, longest, most, first, last, block in figures:
            if inlined := count <= INLINED:
                place = blocks.inlined(start, count)
            else:
                content = blocks.listed(block, start, count)
                place = EXTENT.pack(self._end, len(content))
                self._postings.write(content)
                self._end += len(content)
            add(number + term, pack(inlined, total, count, shortest, longest, most, first, last) + place)

    def close(self) -> None:
        self._table.close()
        self._postings.close()


class _Table(OrderedHashWriter):  # type: ignore[misc]
    """Whoosh's table of terms, with a write for each record and each hash table instead of many."""

    def __init__(self, file: Any) -> None:
        HashWriter.__init__(self, file, hashtype=_CRC32)  # what OrderedHashWriter does, but for the hash function
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
    """The postings of many terms, divided into blocks of at most BLOCK each."""

    def __init__(self, lists: Lists, codes: Array) -> None:
        starts, counts = lists.bounds[:-1], np.diff(lists.bounds)
        per_term = _blocks_of(counts)
        within = np.arange(int(per_term.sum())) - np.repeat(np.cumsum(per_term) - per_term, per_term)
        begins = np.repeat(starts, per_term) + BLOCK * within
        steps = np.diff(lists.documents, prepend=lists.documents[:1])
        steps[begins] = 0  # the first of a block stands as it is
        self._documents = _numbers(lists.documents)
        self._weights = _numbers(lists.weights)
        self._steps = {width: memoryview(steps.astype(f"<u{width}").tobytes()) for width in (1, 2, 4)}
        self._most_step = np.maximum.reduceat(steps, begins).tolist()
        self._small_weights = memoryview(lists.weights.astype(np.uint8).tobytes())
        self._least_weight = np.minimum.reduceat(lists.weights, begins).tolist()
        self._most_weight = np.maximum.reduceat(lists.weights, begins).tolist()
        self._shortest = np.minimum.reduceat(codes, begins).tolist()
        self._longest = np.maximum.reduceat(codes, begins).tolist()
        self._places = lists.places
        self._ends = None if lists.ends is None else _numbers(lists.ends, "q")

    def first_of(self, counts: Array) -> Array:
        """The number of each term's first block."""
        per_term = _blocks_of(counts)
        first: Array = np.cumsum(per_term) - per_term
        return first

    def inlined(self, start: int, count: int) -> bytes:
        """(documents, weights, values), as Whoosh wants them where there is no list"""
        end = start + count
        values = [b""] * count
        if self._ends is not None:
            ends = self._ends[start : end + 1]
            values = [self._places[ends[at] : ends[at + 1]] for at in range(count)]
        opening, closing = (b"(", b"t") if count > 3 else (b"", b".\x85\x86\x87"[count : count + 1])
        pieces = (
            b"".join(map(_int, self._documents[start:end])),
            b"".join(map(_int, self._weights[start:end])),
            b"".join(map(_bytes, values)),
        )
        return b"\x80\x03" + b"".join(opening + piece + closing for piece in pieces) + b"\x87."

    def listed(self, block: int, start: int, count: int) -> bytes:
        """A list of its own."""
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
        bounds = self._shortest[block], self._longest[block]
        most = _FLOAT.pack(self._most_weight[block])
        return numbers + b"G" + most + bytes((*b"K", 0, *b"K", bounds[0], *b"K", bounds[1], *b"t."))

    def _pickled(self, block: int, begin: int, end: int) -> Iterator[bytes]:
        """(Steps, weights, Places or None). Put together by hand: of the same content `dumps` makes twice as much in
        four times the time."""
        width = 1 if self._most_step[block] <= 0xFF else 2 if self._most_step[block] <= 0xFFFF else 4
        raw = bytes(self._steps[width][(begin + 1) * width : end * width])
        yield b"\x80\x03\x82" + STEPS + _int(self._documents[begin]) + bytes((*b"K", width)) + _bytes(raw) + b"\x87R"
        least, most = self._least_weight[block], self._most_weight[block]
        again = b"N"
        if least == most:
            kept = b"N" if most == 1 else b"G" + _FLOAT.pack(most)
            again = kept
        elif most <= 0xFF:
            kept, again = _bytes(bytes(self._small_weights[begin:end])) + b"q\x00", b"h\x00"
        else:
            kept, again = dumps(array("f", self._weights[begin:end]), _PICKLE)[2:-1] + b"q\xff", b"h\xff"
        yield kept
        if self._ends is None:
            yield b"N\x87."
            return
        places = self._places[self._ends[begin] : self._ends[end]]
        smaller = zlib.compress(places, LEVEL) if len(places) >= COMPRESSED_FROM else places
        compressed = len(smaller) < len(places)
        yield b"\x82" + PLACES + _bytes(smaller if compressed else places) + again
        yield b"\x88\x87R\x87." if compressed else b"\x89\x87R\x87."


def _blocks_of(counts: Array) -> Array:
    blocks: Array = -(-counts // BLOCK)
    return blocks


def _numbers(values: Array, typecode: str = "I") -> memoryview:
    """As Python numbers, made when they are looked at."""
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
