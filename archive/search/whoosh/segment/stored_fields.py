"""The stored fields of a segment's documents (id, revision, date) as arrays that are read in place from the map."""

from __future__ import annotations

import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal, NamedTuple

from archive.search.whoosh.segment.damage import reading_files, reads_files

_COUNTS: Final = struct.Struct("<4sII")  # magic bytes, number of documents, number of tombstones
_MAGIC: Final = b"DtD1"


class Row(NamedTuple):
    """The stored fields of a document. A tombstone records the revision of an article that must not be found."""

    id: bytes
    revision: int
    tombstone: bool = False
    published: int = 0  # microseconds since 1970
    day: int = 0  # date.toordinal()


def to_bytes(rows: Sequence[Row]) -> bytes:
    """The file content for these rows, in native byte order: an index is only read on the machine that wrote it."""
    offsets = array("I", [0])
    for row in rows:
        offsets.append(offsets[-1] + len(row.id))
    by_hash = sorted((zlib.crc32(row.id), number) for number, row in enumerate(rows))
    tombstones = [number for number, row in enumerate(rows) if row.tombstone]
    pieces = (
        _COUNTS.pack(_MAGIC, len(rows), len(tombstones)),
        array("q", [row.published for row in rows]),
        array("i", [row.day for row in rows]),
        array("i", [row.revision for row in rows]),
        offsets,
        array("I", [hashed for hashed, _ in by_hash]),
        array("I", [number for _, number in by_hash]),
        array("I", tombstones),
        b"".join(row.id for row in rows),
    )
    return b"".join(piece if isinstance(piece, bytes) else piece.tobytes() for piece in pieces)


class StoredFields:
    """The rows of a segment, by document number. Rows are read on demand, so that opening takes the same time at any
    size. Safe for threads. Raises IndexUnavailable if the file is damaged."""

    @reads_files
    def __init__(self, view: memoryview) -> None:
        magic, self.count, tombstones = _COUNTS.unpack_from(view)
        if magic != _MAGIC:
            raise ValueError("the stored fields do not begin with the magic bytes")
        self._at = _COUNTS.size
        self.published = self._numbers(view, "q", self.count)
        self.days = self._numbers(view, "i", self.count)
        self.revisions = self._numbers(view, "i", self.count)
        self._offsets = self._numbers(view, "I", self.count + 1)
        self._hashes = self._numbers(view, "I", self.count)
        self._by_hash = self._numbers(view, "I", self.count)
        self._tombstones = self._numbers(view, "I", tombstones)
        self._ids = view[self._at :]

    def _numbers(self, view: memoryview, typecode: Literal["q", "i", "I"], count: int) -> memoryview:
        begin = self._at
        self._at += count * array(typecode).itemsize
        if self._at > len(view):
            raise ValueError("the stored fields are truncated")
        return view[begin : self._at].cast(typecode)

    @reads_files
    def id_of(self, document: int) -> str:
        return self._id(document).decode()

    def _id(self, document: int) -> bytes:
        return bytes(self._ids[self._offsets[document] : self._offsets[document + 1]])

    def find(self, article_id: bytes) -> int | None:
        hashed = zlib.crc32(article_id)
        with reading_files():
            at = bisect_left(self._hashes, hashed)
            while at < self.count and self._hashes[at] == hashed:
                if self._id(self._by_hash[at]) == article_id:
                    return self._by_hash[at]
                at += 1
        return None

    @cached_property
    def tombstones(self) -> frozenset[int]:
        return frozenset(self._tombstones)

    def row(self, document: int) -> Row:
        return Row(
            self._id(document),
            self.revisions[document],
            document in self.tombstones,
            self.published[document],
            self.days[document],
        )
