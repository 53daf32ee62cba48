"""Whoosh's posting lists and term tables, written whole instead of posting by posting.

The bytes are those of Whoosh's third format, so that Whoosh itself reads them; its own writer takes a call
for every posting, and took most of the time of indexing."""

from __future__ import annotations

import io
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import accumulate
from operator import sub
from pickle import dumps, load, loads
from typing import Any, Final, NamedTuple

from whoosh.codec.whoosh3 import W3Segment, W3TermInfo
from whoosh.filedb.filestore import Storage
from whoosh.filedb.filetables import HashWriter, OrderedHashWriter
from whoosh.formats import Existence, Positions
from whoosh.util.numlists import GrowableArray

BLOCK: Final = 128  # postings that are read together
COMPRESSED_FROM: Final = 120  # bytes; smaller blocks hardly shrink
LEVEL: Final = 3  # of zlib
_MAGIC: Final = b"W3Bl"
_PICKLE: Final = 3  # Whoosh's protocol 2 writes bytes as calls of a codec: reading them took five times as long
_CRC32: Final = 1  # in Whoosh's list of hash functions; its default, MD5, takes longer for nothing
_NO_LENGTHS: Final = (0, 0)
_LAST_BYTE: Final = 0x80

_EXTENT: Final = struct.Struct("!qi")  # where a list begins in the postings file, and its bytes
_KEY_AND_VALUE: Final = struct.Struct("!ii")
_POINTER: Final = struct.Struct("!Iq")
_FIELD: Final = struct.Struct("!H")


class Postings(NamedTuple):
    """Where a term stands: documents in order, how often in each, and its encoded positions there."""

    documents: array[int]
    weights: array[float]
    values: list[bytes]

    @classmethod
    def empty(cls) -> Postings:
        return cls(array("I"), array("f"), [])


class CompactPositions(Positions):  # type: ignore[misc]
    """Positions as differences in seven bits a byte: a third of the size of Whoosh's, and read in C."""

    def encode(self, poslist: Sequence[int]) -> bytes:
        out = bytearray()
        before = 0
        for position in poslist:
            step = position - before
            before = position
            while step >= _LAST_BYTE:
                out.append(step & 0x7F | _LAST_BYTE)
                step >>= 7
            out.append(step)
        return bytes(out)

    def decode_positions(self, valuestring: bytes) -> list[int]:
        if valuestring.isascii():
            return list(accumulate(valuestring))
        steps, step, shift = [], 0, 0
        for byte in valuestring:
            step |= (byte & 0x7F) << shift
            shift += 7
            if byte < _LAST_BYTE:
                steps.append(step)
                step = shift = 0
        return list(accumulate(steps))

    def decode_frequency(self, valuestring: bytes) -> int:
        return sum(byte < _LAST_BYTE for byte in valuestring)


POSITIONS: Final = CompactPositions()
EXISTENCE: Final = Existence()


# Writing -------------------------------------------------------------------------------------------------


class TermsWriter:
    """Writes a segment's terms, field by field, each field's in the order of their bytes."""

    def __init__(self, storage: Storage, segment: W3Segment) -> None:
        self._table = _Table(segment.create_file(storage, ".trm"))
        self._fields: dict[str, int] = {}
        self._table.extras["fieldmap"] = self._fields
        self._postings = segment.create_file(storage, ".pst")
        self._end = 0

    def add(self, field: str, term: bytes, postings: Postings, lengths: Sequence[int] | None) -> None:
        """`lengths`: of the field, document by document, in the one-byte code; None where they do not count."""
        number = self._fields.setdefault(field, len(self._fields))
        documents, weights, values = postings
        if len(documents) == 1:  # as most terms are: in the table itself, instead of a list of its own
            code = lengths[documents[0]] if lengths is not None else 0
            bounds, place = (code, code), dumps((tuple(documents), tuple(weights), tuple(values) or (b"",)), _PICKLE)
        else:
            content, bounds = _encoded(postings, lengths)
            place = _EXTENT.pack(self._end, len(content))
            self._postings.write(content)
            self._end += len(content)
        inlined = len(documents) == 1
        figures = sum(weights), len(documents), *bounds, max(weights), documents[0], documents[-1]
        self._table.add(_FIELD.pack(number) + term, W3TermInfo._struct.pack(inlined, *figures) + place)

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
        record = _KEY_AND_VALUE.pack(len(key), len(value)) + key + value
        self.dbfile.write(record)
        self._at += len(record)

    def _write_hashes(self) -> None:
        for entries in self.buckets:
            slots = 2 * len(entries)
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


def _encoded(postings: Postings, lengths: Sequence[int] | None) -> tuple[bytes, tuple[int, int]]:
    """A posting list's bytes, and the shortest and longest field that it stands in, in the one-byte code."""
    documents, weights, values = postings
    content = [_MAGIC]
    shortest, longest = 255, 0
    for start in range(0, len(documents), BLOCK):
        end = start + BLOCK
        of_block = documents[start:end]
        bounds = _NO_LENGTHS
        if lengths is not None:
            codes = [lengths[document] for document in of_block]
            bounds = min(codes), max(codes)
            shortest, longest = min(shortest, bounds[0]), max(longest, bounds[1])
        last = end >= len(documents)
        content.append(_block(of_block, weights[start:end], values[start:end], bounds, last=last))
    return b"".join(content), (shortest, longest) if lengths is not None else _NO_LENGTHS


def _block(
    documents: array[int], weights: array[float], values: list[bytes], bounds: tuple[int, int], *, last: bool
) -> bytes:
    steps = (documents[0], *map(sub, documents[1:], documents))
    most = max(weights)
    even = min(weights) == most
    kept = None if even and most == 1 else most if even else tuple(weights)
    data = dumps((steps, kept, tuple(values) or None), _PICKLE)
    compressed = LEVEL if len(data) >= COMPRESSED_FROM else 0
    if compressed:
        data = zlib.compress(data, compressed)
    info = dumps((len(documents), documents[-1], most, compressed, *bounds), _PICKLE)
    size = len(info) + len(data)
    return (-size if last else size).to_bytes(4, "big", signed=True) + info + data


# Reading -------------------------------------------------------------------------------------------------


def read(
    info: W3TermInfo, view: memoryview, *, with_values: bool = False, among: Collection[int] | None = None
) -> Postings:
    """The postings of a term; values only on demand, since they take longest.

    `among`: the documents that matter; blocks without any of them are passed over."""
    if info.is_inlined():
        documents, weights, values = info.inlined_postings()
        return Postings(array("I", documents), array("f", weights), list(values))
    offset, _ = info.extent()
    return _decoded(view, offset, with_values=with_values, among=among)


def _decoded(view: memoryview, offset: int, *, with_values: bool, among: Collection[int] | None) -> Postings:
    wanted = sorted(among) if among is not None else None
    postings = Postings.empty()
    at, last, before = offset + len(_MAGIC), False, -1
    while not last:
        size = int.from_bytes(view[at : at + 4], "big", signed=True)
        last = size < 0
        block = io.BytesIO(view[at + 4 : at + 4 + abs(size)])
        at += 4 + abs(size)
        count, highest, _, compressed, _, _ = load(block)  # noqa: S301 - the index is our own
        if wanted is not None:
            place = bisect_left(wanted, before + 1)
            before = highest
            if place == len(wanted):
                break
            if wanted[place] > highest:
                continue
        data = block.read()
        steps, weights, values = loads(zlib.decompress(data) if compressed else data)  # noqa: S301
        postings.documents.extend(accumulate(steps))
        if weights is None or isinstance(weights, float):
            postings.weights.extend([1.0 if weights is None else weights] * count)
        else:
            postings.weights.extend(weights)
        if with_values and values:
            postings.values.extend(values)
    return postings
