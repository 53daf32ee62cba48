"""Whoosh's posting lists and term tables, written whole instead of posting by posting.

The records are those of Whoosh's third format, so that Whoosh itself reads them. Within a block, numbers stand
as bytes and not as pickled tuples: Whoosh takes both, and reading a block of them costs a step in C instead of
one for each number. Its own writer takes a call for every posting, and took most of the time of indexing."""

from __future__ import annotations

import copyreg
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import sub
from pickle import dumps, loads
from typing import Any, Final, NamedTuple

from whoosh.codec.whoosh3 import W3Segment, W3TermInfo
from whoosh.filedb.filestore import Storage
from whoosh.filedb.filetables import HashWriter, OrderedHashWriter
from whoosh.formats import Existence, Positions
from whoosh.util.numlists import GrowableArray

BLOCK: Final = 256  # postings that are read together
COMPRESSED_FROM: Final = 120  # bytes of positions; fewer hardly shrink
LEVEL: Final = 3  # of zlib
_MAGIC: Final = b"W3Bl"
_PICKLE: Final = 3  # Whoosh's protocol 2 writes bytes as calls of a codec: reading them took five times as long
_CRC32: Final = 1  # in Whoosh's list of hash functions; its default, MD5, takes longer for nothing
_NO_LENGTHS: Final = (0, 0)
_LAST_BYTE: Final = 0x80
_ONE: Final = [bytes((number,)) for number in range(_LAST_BYTE)]
TYPES: Final = {1: "B", 2: "H", 4: "I"}  # of steps, by their bytes
INLINED: Final = 4  # postings that stand in the table itself, as those of most terms do, instead of a list of their own

_EXTENT: Final = struct.Struct("!qi")  # where a list begins in the postings file, and its bytes
_KEY_AND_VALUE: Final = struct.Struct("!ii")
_POINTER: Final = struct.Struct("!Iq")
_FIELD: Final = struct.Struct("!H")
_SIZE: Final = struct.Struct("!i")
_FLOAT: Final = struct.Struct(">d")
# What Whoosh pickles before each block: how many postings, the last document, the highest weight, whether it is
# compressed, the shortest and longest field. Always in the same opcodes, so that it is read without unpickling.
_HEAD: Final = 30  # bytes
_COUNT_AND_LAST: Final = struct.Struct("<4xixi")
_UNFINISHED: Final = bytes(range(_LAST_BYTE, 256))  # bytes after which a number goes on


class Postings(NamedTuple):
    """Where a term stands: documents in order, how often in each, and its encoded positions there, joined."""

    documents: array[int]
    weights: array[float]
    positions: bytearray

    @classmethod
    def empty(cls) -> Postings:
        return cls(array("I"), array("f"), bytearray())


class CompactPositions(Positions):  # type: ignore[misc]
    """Positions as differences in seven bits a byte: a third of the size of Whoosh's, and read in C."""

    def encode(self, poslist: Sequence[int]) -> bytes:
        if len(poslist) == 1 and poslist[0] < _LAST_BYTE:  # as most are
            return _ONE[poslist[0]]
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


class Steps:
    """The documents of a block: the first, and the steps from each to the next, of `width` bytes each.

    In the byte order of the machine: an index is read where it was made."""

    __slots__ = ("first", "raw", "width")

    def __init__(self, first: int, width: int, raw: bytes) -> None:
        self.first, self.width, self.raw = first, width, raw

    def __iter__(self) -> Iterator[int]:
        yield self.first
        yield from array(TYPES[self.width], self.raw)

    def __reduce__(self) -> tuple[object, ...]:
        return Steps, (self.first, self.width, self.raw)


class Places:
    """The positions of a block, joined, and compressed where that pays.

    Each posting has as many as its weight says; `weights` are the block's, as Whoosh writes them."""

    __slots__ = ("compressed", "content", "parts", "weights")

    def __init__(self, content: bytes, weights: Sequence[float] | float | None, compressed: bool) -> None:
        self.content, self.weights, self.compressed = content, weights, compressed
        self.parts: list[bytes] | None = None

    def joined(self) -> bytes:
        return zlib.decompress(self.content) if self.compressed else self.content

    def __getitem__(self, place: int) -> bytes:
        if self.parts is None:
            content = self.joined()
            count = len(content.translate(None, _UNFINISHED))
            self.parts = split(content, _spread(self.weights, count))
        return self.parts[place]

    def __reduce__(self) -> tuple[object, ...]:
        return Places, (self.content, self.weights, self.compressed)


# Two bytes in each block instead of the classes' names. From 0xF0 on, numbers are nobody's.
_STEPS: Final = b"\xf0"
_PLACES: Final = b"\xf1"
copyreg.add_extension(__name__, "Steps", _STEPS[0])
copyreg.add_extension(__name__, "Places", _PLACES[0])


def split(content: bytes | bytearray, weights: Sequence[float]) -> list[bytes]:
    """The encoded positions of each posting, of which each has as many as its weight says."""
    parts, start = [], 0
    ascii_only = content.isascii()
    for weight in weights:
        end = start + int(weight) if ascii_only else _end(content, start, int(weight))
        parts.append(bytes(content[start:end]))
        start = end
    return parts


def _end(content: bytes | bytearray, start: int, count: int) -> int:
    """Where so many numbers end. Each byte more ends at most one, so that this never goes too far."""
    end = start + count
    while (missing := count - len(content[start:end].translate(None, _UNFINISHED))) > 0:
        end += missing
        if end > len(content):
            raise ValueError("a list of positions is too short")
    return end


def _spread(weights: Sequence[float] | float | None, positions: int) -> Sequence[float]:
    if weights is None or isinstance(weights, float):
        each = 1.0 if weights is None else weights
        return [each] * round(positions / each)
    return weights


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
        documents, weights, positions = postings
        if inlined := len(documents) <= INLINED:
            codes = [lengths[document] for document in documents] if lengths is not None else _NO_LENGTHS
            bounds, place = (min(codes), max(codes)), _inlined(documents, weights, positions)
        else:
            content, bounds = _encoded(postings, lengths)
            place = _EXTENT.pack(self._end, len(content))
            self._postings.write(content)
            self._end += len(content)
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


def _encoded(postings: Postings, lengths: Sequence[int] | None) -> tuple[bytes, tuple[int, int]]:
    """A posting list's bytes, and the shortest and longest field that it stands in, in the one-byte code."""
    documents, weights, positions = postings
    content = [_MAGIC]
    shortest, longest = 255, 0
    ends = _block_ends(positions, weights) if positions else []
    for number, start in enumerate(range(0, len(documents), BLOCK)):
        end = start + BLOCK
        of_block = documents[start:end]
        bounds = _NO_LENGTHS
        if lengths is not None:
            codes = [lengths[document] for document in of_block]
            bounds = min(codes), max(codes)
            shortest, longest = min(shortest, bounds[0]), max(longest, bounds[1])
        places = bytes(positions[ends[number] : ends[number + 1]]) if positions else None
        content.append(_block(of_block, weights[start:end], places, bounds, last=end >= len(documents)))
    return b"".join(content), (shortest, longest) if lengths is not None else _NO_LENGTHS


def _block_ends(positions: bytearray, weights: array[float]) -> list[int]:
    """Where the positions of each block begin, and after the last one where they end."""
    ends = [0]
    ascii_only = positions.isascii()
    for start in range(0, len(weights), BLOCK):
        count = int(sum(weights[start : start + BLOCK]))
        ends.append(ends[-1] + count if ascii_only else _end(positions, ends[-1], count))
    return ends


def _block(
    documents: array[int], weights: array[float], positions: bytes | None, bounds: tuple[int, int], *, last: bool
) -> bytes:
    data = b"".join(_pickled(documents, weights, positions))
    size = _HEAD + len(data)
    return _SIZE.pack(-size if last else size) + _head(len(documents), documents[-1], max(weights), bounds) + data


# Pickles, put together by hand: of the same content `dumps` makes twice as much in four times the time.


def _pickled(documents: array[int], weights: array[float], positions: bytes | None) -> Iterator[bytes]:
    """(Steps, weights, Places or None)"""
    steps = list(map(sub, documents[1:], documents))
    most_step = max(steps, default=0)
    width = 1 if most_step <= 0xFF else 2 if most_step <= 0xFFFF else 4
    raw = bytes(steps) if width == 1 else array(TYPES[width], steps).tobytes()
    yield b"\x80\x03\x82" + _STEPS + _int(documents[0]) + bytes((*b"K", width)) + _bytes(raw) + b"\x87R"
    most = max(weights)
    again = b"N"
    if min(weights) == most:
        kept = b"N" if most == 1 else b"G" + _FLOAT.pack(most)
        again = kept
    elif most <= 0xFF:
        kept, again = _bytes(bytes(map(int, weights))) + b"q\x00", b"h\x00"
    else:
        kept, again = dumps(weights, _PICKLE)[2:-1] + b"q\xff", b"h\xff"
    yield kept
    if positions is None:
        yield b"N\x87."
        return
    smaller = zlib.compress(positions, LEVEL) if len(positions) >= COMPRESSED_FROM else positions
    compressed = len(smaller) < len(positions)
    yield b"\x82" + _PLACES + _bytes(smaller if compressed else positions) + again
    yield b"\x88\x87R\x87." if compressed else b"\x89\x87R\x87."


def _inlined(documents: array[int], weights: array[float], positions: bytearray) -> bytes:
    """(documents, weights, values), as Whoosh wants them where there is no list"""
    values = split(positions, weights) if positions else [b""] * len(documents)
    tuples = (
        b"".join(_int(document) for document in documents),
        b"".join(_int(int(weight)) for weight in weights),
        b"".join(map(_bytes, values)),
    )
    closing = b".\x85\x86\x87"[len(documents)] if len(documents) < 4 else ord("t")
    opening = b"(" if len(documents) >= 4 else b""
    return b"\x80\x03" + b"".join(opening + items + bytes((closing,)) for items in tuples) + b"\x87."


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


def _head(count: int, last: int, most: float, bounds: tuple[int, int]) -> bytes:
    numbers = b"\x80\x03(J" + count.to_bytes(4, "little") + b"J" + last.to_bytes(4, "little")
    return numbers + b"G" + _FLOAT.pack(most) + bytes((*b"K", 0, *b"K", bounds[0], *b"K", bounds[1], *b"t."))


# Reading -------------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """As it is stored. `weights`: None where all are 1, one number where all are the same."""

    length: int  # postings
    steps: Steps
    weights: bytes | float | array[float] | None
    places: Places | None


def blocks(info: W3TermInfo, view: memoryview, *, among: Sequence[int] | None = None) -> Iterator[Block]:
    """The blocks of a term that is not in the table itself, in order.

    `among`: documents, in order; blocks without any of them are passed over."""
    at, _ = info.extent()
    at += len(_MAGIC)
    size, next_wanted = 1, 0
    while size > 0:
        (size,) = _SIZE.unpack_from(view, at)
        count, highest = _COUNT_AND_LAST.unpack_from(view, at + _SIZE.size)
        begin, at = at + _SIZE.size + _HEAD, at + _SIZE.size + abs(size)
        if among is not None:
            if next_wanted == len(among):
                return
            if among[next_wanted] > highest:
                continue
            next_wanted = bisect_right(among, highest, next_wanted)
        steps, weights, places = loads(view[begin:at])  # noqa: S301 - the index is our own
        yield Block(count, steps, weights, places)


def read(info: W3TermInfo, view: memoryview, *, with_positions: bool = False) -> Postings:
    """The postings of a term; positions only on demand, since they take longest."""
    if info.is_inlined():
        documents, weights, values = info.inlined_postings()
        return Postings(array("I", documents), array("f", weights), bytearray().join(values))
    postings = Postings.empty()
    for block in blocks(info, view):
        postings.documents.extend(accumulate(block.steps))
        if block.weights is None or isinstance(block.weights, float):
            postings.weights.extend([1.0 if block.weights is None else block.weights] * block.length)
        else:
            postings.weights.extend(block.weights)
        if with_positions and block.places is not None:
            postings.positions.extend(block.places.joined())
    return postings
