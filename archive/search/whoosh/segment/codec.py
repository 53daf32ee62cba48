"""The bytes of posting lists: Whoosh's third format, so that Whoosh itself reads them.

Within a block, numbers stand as bytes and not as pickled tuples: Whoosh takes both, and reading a block of them
costs a step in C instead of one for each number."""

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

from whoosh.formats import Existence, Positions

BLOCK: Final = 256  # postings that are read together
MAGIC: Final = b"W3Bl"
_LAST_BYTE: Final = 0x80
TYPES: Final = {1: "B", 2: "H", 4: "I"}  # of steps, by their bytes

EXTENT: Final = struct.Struct("!qi")  # where a list begins in the postings file, and its bytes
KEY_AND_VALUE: Final = struct.Struct("!ii")
FIELD: Final = struct.Struct("!H")
SIZE: Final = struct.Struct("!i")
# What Whoosh pickles before each block: how many postings, the last document, the highest weight, whether it is
# compressed, the shortest and longest field. Always in the same opcodes, so that it is read without unpickling.
HEAD: Final = 30  # bytes
_COUNT_AND_LAST: Final = struct.Struct("<4xixi")
_UNFINISHED: Final = bytes(range(_LAST_BYTE, 256))  # bytes after which a number goes on


class CompactPositions(Positions):  # type: ignore[misc]
    """Positions as differences in seven bits a byte: a third of the size of Whoosh's, and read in C."""

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
STEPS: Final = b"\xf0"
PLACES: Final = b"\xf1"
copyreg.add_extension(__name__, "Steps", STEPS[0])
copyreg.add_extension(__name__, "Places", PLACES[0])


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


# Reading -------------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """As it is stored. `weights`: None where all are 1, one number where all are the same."""

    length: int  # postings
    steps: Steps
    weights: bytes | float | array[float] | None
    places: Places | None


def blocks(view: memoryview, at: int, *, among: Sequence[int] | None = None) -> Iterator[Block]:
    """The blocks of the list that begins there, in order.

    `among`: documents, in order; blocks without any of them are passed over."""
    at += len(MAGIC)
    size, next_wanted = 1, 0
    while size > 0:
        (size,) = SIZE.unpack_from(view, at)
        count, highest = _COUNT_AND_LAST.unpack_from(view, at + SIZE.size)
        begin, at = at + SIZE.size + HEAD, at + SIZE.size + abs(size)
        if among is not None:
            if next_wanted == len(among):
                return
            if among[next_wanted] > highest:
                continue
            next_wanted = bisect_right(among, highest, next_wanted)
        steps, weights, places = loads(view[begin:at])  # noqa: S301 - the index is our own
        yield Block(count, steps, weights, places)
