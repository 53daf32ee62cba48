"""The term dictionary of a field in a segment: terms are read in bulk, as arrays over the mapped file."""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from archive.search.edit_distance import FuzzyWord
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.damage import reads_files
from archive.search.whoosh.segment.segment import Segment

_INDEXES: Final = {"B": ">u1", "H": ">u2", "i": ">i4", "I": ">u4", "q": ">i8"}
_LENGTHS_BYTES: Final = 8  # of the two lengths that precede a record's key
_FIELD_BYTES: Final = 2  # of the field number at the beginning of a key
_COUNT_OFFSET: Final = 5  # of the document frequency in a record's value
_POINTER: Final = struct.Struct("!Iq")  # a slot of a hash table: a hash and the offset of its record
_COUNT: Final = struct.Struct("!I")
MAX_TERMS: Final = 20_000  # terms that are read together, to bound memory


class TermDictionary:
    """The terms of a field in a segment, in byte order, numbered from 0.

    Whoosh stores the offsets of all records in an array, which gives random access to them. All methods raise
    IndexUnavailable if the file is damaged."""

    @reads_files
    def __init__(self, segment: Segment, field: str) -> None:
        reader: Any = segment.terms_reader
        table = reader._tindex
        self._view: memoryview = table.dbfile.view
        self._hash_tables: Sequence[tuple[int, int]] = table.tables
        self._bytes: Array = np.frombuffer(table.dbfile.view, np.uint8)
        kind = np.dtype(_INDEXES[table.extras["indextype"]])
        self._offsets: Array = np.frombuffer(table.dbfile.view, kind, table.indexlen, table.indexbase)
        self._key = reader._keycoder(field, b"")
        numbers = range(len(self._offsets))
        begin = bisect_left(numbers, self._key, key=lambda number: self._record_key(number)[:_FIELD_BYTES])
        end = bisect_right(numbers, self._key, key=lambda number: self._record_key(number)[:_FIELD_BYTES])
        self._offsets = self._offsets[begin:end]

    def __len__(self) -> int:
        return len(self._offsets)

    @reads_files
    def with_prefix(self, prefix: bytes) -> range:
        """The numbers of the terms with a prefix."""
        numbers, length = range(len(self)), len(prefix)
        begin = bisect_left(numbers, prefix, key=self._term)
        return range(begin, bisect_right(numbers, prefix, lo=begin, key=lambda number: self._term(number)[:length]))

    @reads_files
    def term(self, number: int) -> bytes:
        return self._term(number)

    @reads_files
    def count(self, term: bytes) -> int:
        """The document frequency of a term, deleted documents included. Uses the hash table: a few microseconds."""
        key = self._key + term
        hashed = zlib.crc32(key)
        begin, slots = self._hash_tables[hashed & 0xFF]
        for step in range(slots):
            slot = ((hashed >> 8) + step) % slots
            other, offset = _POINTER.unpack_from(self._view, begin + slot * _POINTER.size)
            if not offset:
                break
            end = offset + _LENGTHS_BYTES + len(key)
            if other == hashed and self._view[offset + _LENGTHS_BYTES : end] == key:
                count: int = _COUNT.unpack_from(self._view, end + _COUNT_OFFSET)[0]
                return count
        return 0

    @reads_files
    def counts(self, numbers: Array | range) -> Array:
        """The document frequencies of terms, deleted documents included."""
        offsets = self._offsets_of(numbers)
        offsets = offsets + _LENGTHS_BYTES + _COUNT_OFFSET + self._key_lengths(offsets)
        counts = np.zeros(len(offsets), np.int64)
        for byte in range(4):
            counts = counts << 8 | self._bytes[offsets + byte]
        return counts

    @reads_files
    def most_frequent(self, prefix: bytes, limit: int | None) -> list[tuple[bytes, int]]:
        """The terms with a prefix, with their document frequencies, deleted documents included; at most the `limit`
        most frequent, in no particular order."""
        found = self.with_prefix(prefix)
        numbers = np.arange(found.start, found.stop)
        counts = self.counts(numbers)
        if limit is not None and len(numbers) > limit:
            chosen = np.argpartition(counts, -limit)[-limit:]
            numbers, counts = numbers[chosen], counts[chosen]
        return [(self._term(number), count) for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)]

    @reads_files
    def lengths(self, numbers: Array | range) -> Array:
        """The lengths of terms, in bytes."""
        return self._key_lengths(self._offsets_of(numbers)) - _FIELD_BYTES

    @reads_files
    def letters(self, numbers: Array, length: int) -> Array:
        """The bytes of terms of the same length, one row per term."""
        begins = (self._offsets_of(numbers) + _LENGTHS_BYTES + _FIELD_BYTES)[:, None]
        letters: Array = self._bytes[begins + np.arange(length)]
        return letters

    @reads_files
    def terms(self, numbers: Array) -> list[bytes]:
        return [self._term(number) for number in numbers.tolist()]

    def fuzzy_candidates(self, fuzzy: FuzzyWord) -> Iterator[Array]:
        """The numbers of terms with the word's first letter that may match, in chunks. Most of them do not match.

        Filters terms by their letter sets, without decoding them. A term can match a stem only if few letters of the
        stem, apart from its last, are missing at the term's beginning, and few letters there are not the stem's: a word
        begins with its stem, except for the stem's last letter. A term can match the whole word only if, in addition,
        its length is near the word's."""
        letter_bytes = max(len(letter.encode("utf-8", "replace")) for letter in fuzzy.word)
        whole, max_changes = _encoded(fuzzy.word), fuzzy.edits * letter_bytes
        stems = [(_encoded(stem), edits * letter_bytes) for stem, edits in {*fuzzy.stems.values()}]
        max_length = max(len(letters) + changes for letters, changes in [(whole, max_changes), *stems])
        for numbers in in_chunks(self.with_prefix(fuzzy.word[:1].encode("utf-8", "replace"))):
            letter_sets, lengths = self._letter_sets(numbers, max_length), self.lengths(numbers)
            differing = np.bitwise_count(letter_sets[len(whole) + max_changes] ^ letter_set(whole[None, :]))
            candidates = (abs(lengths - len(whole)) <= max_changes) & (differing <= 2 * max_changes)
            for letters, edits in stems:
                missing = letter_set(letters[None, :-1]) & ~letter_sets[len(letters) + edits]
                others = letter_sets[max(len(letters) - edits - 1, 0)] & ~letter_set(letters[None, :])
                candidates |= (np.bitwise_count(missing) <= edits) & (np.bitwise_count(others) <= edits)
            yield np.flatnonzero(candidates) + numbers.start

    @reads_files
    def _letter_sets(self, numbers: range, max_length: int) -> list[Array]:
        """For each length from 0 to `max_length`, the `letter_set` of each term's first bytes."""
        offsets = self._offsets_of(numbers)
        ends = offsets + _LENGTHS_BYTES + self._key_lengths(offsets)
        sets = [np.zeros(len(offsets), np.uint32)]
        for begin in range(_LENGTHS_BYTES + _FIELD_BYTES, _LENGTHS_BYTES + _FIELD_BYTES + max_length):
            within = offsets + begin < ends
            letters = self._bytes[np.where(within, offsets + begin, offsets)] & 31
            sets.append(sets[-1] | within.astype(np.uint32) << letters.astype(np.uint32))
        return sets

    def _term(self, number: int) -> bytes:
        return self._record_key(number)[_FIELD_BYTES:]

    def _record_key(self, number: int) -> bytes:
        offset = int(self._offsets[number])
        length = int.from_bytes(self._bytes[offset : offset + 4].tobytes(), "big")
        begin = offset + _LENGTHS_BYTES
        return self._bytes[begin : begin + length].tobytes()

    def _offsets_of(self, numbers: Array | range) -> Array:
        chosen = self._offsets[numbers.start : numbers.stop] if isinstance(numbers, range) else self._offsets[numbers]
        return chosen.astype(np.int64)

    def _key_lengths(self, offsets: Array) -> Array:
        """The lengths of keys. Only the low two of the four bytes are read, since keys are short."""
        lengths: Array = self._bytes[offsets + 2].astype(np.int64) << 8 | self._bytes[offsets + 3]
        return lengths


def _encoded(word: str) -> Array:
    return np.frombuffer(word.encode("utf-8", "replace"), np.uint8)


def letter_set(letters: Array) -> Array:
    """For each row, the set of its bytes as a 32-bit mask, by the lowest five bits of each byte."""
    sets: Array = np.bitwise_or.reduce(np.uint32(1) << (letters & 31).astype(np.uint32), axis=1)
    return sets


def in_chunks(numbers: range) -> Iterator[range]:
    return (numbers[start : start + MAX_TERMS] for start in range(0, len(numbers), MAX_TERMS))
