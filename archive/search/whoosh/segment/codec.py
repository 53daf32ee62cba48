"""The encoding of posting lists: Whoosh's third format, which Whoosh itself can read.

Within a block, numbers are stored as bytes and not as pickled tuples. Whoosh accepts both; bytes are decoded by one
call into C instead of one step per number."""

from __future__ import annotations

import copyreg
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pickle import loads
from typing import Final, NamedTuple

from whoosh.formats import Existence
from whoosh.formats import Positions as WhooshPositions

BLOCK: Final = 256  # maximum number of postings in a block, which is read as a whole
MAGIC: Final = b"W3Bl"
_LAST_BYTE: Final = 0x80
TYPES: Final = {1: "B", 2: "H", 4: "I"}  # array type codes of document deltas, by width in bytes

EXTENT: Final = struct.Struct("!qi")  # a list's offset in the postings file and its length in bytes
KEY_AND_VALUE: Final = struct.Struct("!ii")
FIELD: Final = struct.Struct("!H")
SIZE: Final = struct.Struct("!i")
# The pickle that precedes each block: number of postings, last document, maximum weight, compression flag, minimum and
# maximum field length. It always has the same opcodes, and is therefore read without unpickling.
HEAD: Final = 30  # bytes
_COUNT_AND_LAST: Final = struct.Struct("<4xixi")
_UNFINISHED: Final = bytes(range(_LAST_BYTE, 256))  # the bytes that do not end a number


class CompactPositions(WhooshPositions):  # type: ignore[misc]
    """Positions as variable-length deltas, seven bits per byte: a third of the size of Whoosh's, and decoded in C."""

    def decode_positions(self, valuestring: bytes) -> list[int]:
        if valuestring.isascii():
            return list(accumulate(valuestring))
        differences, difference, shift = [], 0, 0
        for byte in valuestring:
            difference |= (byte & 0x7F) << shift
            shift += 7
            if byte < _LAST_BYTE:
                differences.append(difference)
                difference = shift = 0
        return list(accumulate(differences))

    def decode_frequency(self, valuestring: bytes) -> int:
        return sum(byte < _LAST_BYTE for byte in valuestring)


POSITIONS: Final = CompactPositions()
EXISTENCE: Final = Existence()


class DocumentDeltas:
    """The documents of a block: the first one, and the delta from each to the next, `width` bytes each.

    In native byte order: an index is only read on the machine that wrote it."""

    __slots__ = ("first", "raw", "width")

    def __init__(self, first: int, width: int, raw: bytes) -> None:
        self.first, self.width, self.raw = first, width, raw

    def __iter__(self) -> Iterator[int]:
        """The first document and the deltas, as Whoosh expects them; it computes the sums."""
        yield self.first
        yield from array(TYPES[self.width], self.raw)

    def __reduce__(self) -> tuple[object, ...]:
        return DocumentDeltas, (self.first, self.width, self.raw)


class BlockPositions:
    """The encoded positions of a block, concatenated, and compressed if that saves bytes.

    Each posting has as many positions as its weight. `weights` are the block's weights as Whoosh stores them."""

    __slots__ = ("_by_posting", "compressed", "content", "weights")

    def __init__(self, content: bytes, weights: Sequence[float] | float | None, compressed: bool) -> None:
        self.content, self.weights, self.compressed = content, weights, compressed
        self._by_posting: list[bytes] | None = None

    def joined(self) -> bytes:
        return zlib.decompress(self.content) if self.compressed else self.content

    def __getitem__(self, posting: int) -> bytes:
        if self._by_posting is None:
            content = self.joined()
            count = len(content.translate(None, _UNFINISHED))
            self._by_posting = split(content, _expand(self.weights, count))
        return self._by_posting[posting]

    def __reduce__(self) -> tuple[object, ...]:
        return BlockPositions, (self.content, self.weights, self.compressed)


# Pickles contain these codes, two bytes per object, instead of the names of the classes and their module, which may
# therefore change. The pickle extension registry (PEP 307) reserves the codes from 0xF0 on for private use.
DELTAS_CODE: Final = b"\xf0"
POSITIONS_CODE: Final = b"\xf1"
copyreg.add_extension(__name__, "DocumentDeltas", DELTAS_CODE[0])
copyreg.add_extension(__name__, "BlockPositions", POSITIONS_CODE[0])


def split(content: bytes | bytearray, weights: Sequence[float]) -> list[bytes]:
    """The encoded positions of each posting, which has as many positions as its weight."""
    parts, start = [], 0
    ascii_only = content.isascii()
    for weight in weights:
        end = start + int(weight) if ascii_only else _end(content, start, int(weight))
        parts.append(bytes(content[start:end]))
        start = end
    return parts


def _end(content: bytes | bytearray, start: int, count: int) -> int:
    """The offset after `count` encoded numbers from `start`. Never overshoots, since each byte ends at most one number.

    Raises ValueError if there are fewer."""
    end = start + count
    while (missing := count - len(content[start:end].translate(None, _UNFINISHED))) > 0:
        end += missing
        if end > len(content):
            raise ValueError("a list of positions is too short")
    return end


def _expand(weights: Sequence[float] | float | None, positions: int) -> Sequence[float]:
    """The weight of each posting of a block with this number of positions."""
    if weights is None or isinstance(weights, float):
        each = 1.0 if weights is None else weights
        return [each] * round(positions / each)
    return weights


# Reading -------------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """A block as stored. `weights`: None if all are 1; one number if all are equal; else float32, or bytes if small."""

    length: int  # postings
    documents: DocumentDeltas
    weights: bytes | float | array[float] | None
    positions: BlockPositions | None


def blocks(view: memoryview, at: int, *, wanted: Sequence[int] | None = None) -> Iterator[Block]:
    """The blocks of the posting list at an offset, in order.

    `wanted`: sorted documents; blocks that contain none of them are skipped."""
    at += len(MAGIC)
    size, next_wanted = 1, 0
    while size > 0:
        (size,) = SIZE.unpack_from(view, at)
        count, highest = _COUNT_AND_LAST.unpack_from(view, at + SIZE.size)
        begin, at = at + SIZE.size + HEAD, at + SIZE.size + abs(size)
        if wanted is not None:
            if next_wanted == len(wanted):
                return
            if wanted[next_wanted] > highest:
                continue
            next_wanted = bisect_right(wanted, highest, next_wanted)
        documents, weights, positions = loads(view[begin:at])  # noqa: S301 - the index is our own
        yield Block(count, documents, weights, positions)
