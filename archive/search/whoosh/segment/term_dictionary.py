"""The terms of one field of a segment, many at once: read as arrays where they are mapped."""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from archive.search.analysis import Alike
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.damage import reads_files
from archive.search.whoosh.segment.segment import Segment

_INDEXES: Final = {"B": ">u1", "H": ">u2", "i": ">i4", "I": ">u4", "q": ">i8"}
_LENGTHS: Final = 8  # bytes before the key of a record: two lengths
_FIELD: Final = 2  # bytes of the field's number, with which a key begins
_COUNT: Final = 5  # bytes before the number of documents in the figures of a term
_POINTER: Final = struct.Struct("!Iq")  # of a hash table: a hash, and the place of its record
_FIGURE: Final = struct.Struct("!I")
TERMS_AT_ONCE: Final = 20_000  # words that are looked at together: what that takes in memory is given back


class Table:
    """The terms of one field in a segment, in the order of their bytes, numbered from 0.

    Whoosh keeps the places of all records in an array, so that any of them is found without reading others.
    All methods raise IndexUnavailable where the file is damaged."""

    @reads_files
    def __init__(self, segment: Segment, field: str) -> None:
        reader: Any = segment.term_table
        table = reader._tindex
        self._view: memoryview = table.dbfile.view
        self._hashed: Sequence[tuple[int, int]] = table.tables
        self._bytes: Array = np.frombuffer(table.dbfile.view, np.uint8)
        kind = np.dtype(_INDEXES[table.extras["indextype"]])
        self._places: Array = np.frombuffer(table.dbfile.view, kind, table.indexlen, table.indexbase)
        self._key = reader._keycoder(field, b"")
        every = range(len(self._places))
        begin = bisect_left(every, self._key, key=lambda number: self._record(number)[:_FIELD])
        end = bisect_right(every, self._key, key=lambda number: self._record(number)[:_FIELD])
        self._places = self._places[begin:end]

    def __len__(self) -> int:
        return len(self._places)

    @reads_files
    def beginning(self, prefix: bytes) -> range:
        """The numbers of the terms that begin so."""
        every, length = range(len(self)), len(prefix)
        begin = bisect_left(every, prefix, key=self._term)
        return range(begin, bisect_right(every, prefix, lo=begin, key=lambda number: self._term(number)[:length]))

    @reads_files
    def term(self, number: int) -> bytes:
        return self._term(number)

    @reads_files
    def count(self, term: bytes) -> int:
        """In how many documents one term stands, found by its hash: some microseconds."""
        key = self._key + term
        hashed = zlib.crc32(key)
        begin, slots = self._hashed[hashed & 0xFF]
        for step in range(slots):
            slot = ((hashed >> 8) + step) % slots
            other, place = _POINTER.unpack_from(self._view, begin + slot * _POINTER.size)
            if not place:
                break
            end = place + _LENGTHS + len(key)
            if other == hashed and self._view[place + _LENGTHS : end] == key:
                count: int = _FIGURE.unpack_from(self._view, end + _COUNT)[0]
                return count
        return 0

    @reads_files
    def counts(self, numbers: Array | range) -> Array:
        """In how many documents each stands, deleted or not."""
        places = self._at(numbers)
        places = places + _LENGTHS + _COUNT + self._key_lengths(places)
        counts = np.zeros(len(places), np.int64)
        for byte in range(4):
            counts = counts << 8 | self._bytes[places + byte]
        return counts

    @reads_files
    def lengths(self, numbers: Array | range) -> Array:
        """In bytes."""
        return self._key_lengths(self._at(numbers)) - _FIELD

    @reads_files
    def letters(self, numbers: Array, length: int) -> Array:
        """The bytes of terms that are all of one length, a row each."""
        letters: Array = self._bytes[(self._at(numbers) + _LENGTHS + _FIELD)[:, None] + np.arange(length)]
        return letters

    @reads_files
    def terms(self, numbers: Array) -> list[bytes]:
        return [self._term(number) for number in numbers.tolist()]

    def like(self, alike: Alike) -> Iterator[Array]:
        """Piece by piece the numbers of the terms that may be alike, and have the same first letter. Most are not.

        A stem is what a word begins with, but for its last letter. So a term is left out unread where too many of the
        other letters do not stand at its beginning, or too many do that are not among them; and one that is to be like
        the word as a whole, where it is too long or too short, too."""
        each = max(len(letter.encode("utf-8", "replace")) for letter in alike.word)
        whole, most = _encoded(alike.word), alike.edits * each
        stems = [(_encoded(stem), edits * each) for stem, edits in {*alike.stems.values()}]
        longest = max(len(letters) + most for letters, most in [(whole, most), *stems])
        for numbers in in_chunks(self.beginning(alike.word[:1].encode("utf-8", "replace"))):
            kinds, lengths = self._first_kinds(numbers, longest), self.lengths(numbers)
            differing = np.bitwise_count(kinds[len(whole) + most] ^ kinds_of(whole[None, :]))
            may_be = (abs(lengths - len(whole)) <= most) & (differing <= 2 * most)
            for letters, slips in stems:
                missing = kinds_of(letters[None, :-1]) & ~kinds[len(letters) + slips]
                others = kinds[max(len(letters) - slips - 1, 0)] & ~kinds_of(letters[None, :])
                may_be |= (np.bitwise_count(missing) <= slips) & (np.bitwise_count(others) <= slips)
            yield np.flatnonzero(may_be) + numbers.start

    @reads_files
    def _first_kinds(self, numbers: range, most: int) -> list[Array]:
        """`kinds_of` no letter of each term, of the first one, of the first two and so on."""
        places = self._at(numbers)
        ends = places + _LENGTHS + self._key_lengths(places)
        kinds = [np.zeros(len(places), np.uint32)]
        for begin in range(_LENGTHS + _FIELD, _LENGTHS + _FIELD + most):
            within = places + begin < ends
            letters = self._bytes[np.where(within, places + begin, places)] & 31
            kinds.append(kinds[-1] | within.astype(np.uint32) << letters.astype(np.uint32))
        return kinds

    def _term(self, number: int) -> bytes:
        return self._record(number)[_FIELD:]

    def _record(self, number: int) -> bytes:
        place = int(self._places[number])
        length = int.from_bytes(self._bytes[place : place + 4].tobytes(), "big")
        begin = place + _LENGTHS
        return self._bytes[begin : begin + length].tobytes()

    def _at(self, numbers: Array | range) -> Array:
        chosen = self._places[numbers.start : numbers.stop] if isinstance(numbers, range) else self._places[numbers]
        return chosen.astype(np.int64)

    def _key_lengths(self, places: Array) -> Array:
        """They are short: two of their four bytes say all."""
        lengths: Array = self._bytes[places + 2].astype(np.int64) << 8 | self._bytes[places + 3]
        return lengths


def _encoded(word: str) -> Array:
    return np.frombuffer(word.encode("utf-8", "replace"), np.uint8)


def kinds_of(letters: Array) -> Array:
    """For each row the set of its bytes, of which 32 kinds are told apart."""
    kinds: Array = np.bitwise_or.reduce(np.uint32(1) << (letters & 31).astype(np.uint32), axis=1)
    return kinds


def in_chunks(numbers: range) -> Iterator[range]:
    return (numbers[start : start + TERMS_AT_ONCE] for start in range(0, len(numbers), TERMS_AT_ONCE))
