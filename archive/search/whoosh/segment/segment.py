"""One immutable segment of the index, read through Whoosh's codec."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from whoosh.codec.whoosh3 import W3Codec, W3Segment, W3TermInfo
from whoosh.reading import CorruptIndexError, TermNotFound

from archive.search.fields import LABEL, LANGUAGE, LabelTerm
from archive.search.whoosh.segment.codec import FIELD, KEY_AND_VALUE
from archive.search.whoosh.segment.damage import reading_files, reads_files
from archive.search.whoosh.segment.mapped_files import SegmentFiles
from archive.search.whoosh.segment.stored_fields import StoredFields

INDEX_NAME: Final = "articles"
DOCUMENTS_EXT: Final = ".doc"

# A record of Whoosh's term table is two lengths, the key (field number and term) and the value. The value has the
# document frequency at byte 5.
_COUNT: Final = struct.Struct("!5xI")


class Segment:
    """A segment file, mapped. Immutable and safe for threads.

    All methods raise IndexUnavailable if the file is damaged."""

    @reads_files
    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._files = SegmentFiles(path)
        self._codec = W3Codec()
        self._segment = W3Segment(self._codec, INDEX_NAME, segid=self.name.removeprefix(f"{INDEX_NAME}_"))
        self.rows = StoredFields(self._file(DOCUMENTS_EXT))
        self.documents = self.rows.count
        self.view = self._file(self._codec.POSTS_EXT)  # the posting lists

    def release_pages(self) -> None:
        self._files.release_pages()

    def _file(self, extension: str) -> memoryview:
        view: memoryview = self._files.open_file(self._segment.make_filename(extension)).view
        return view

    @cached_property
    @reads_files
    def _terms(self) -> Any:
        try:
            return self._codec.terms_reader(self._files, self._segment)
        except Exception as error:
            raise CorruptIndexError(str(error)) from error

    # Documents -------------------------------------------------------------------------------------------

    def find(self, article_id: str) -> int | None:
        """The document of an article, deleted or not; None if the segment has none."""
        return self.rows.find(article_id.encode("utf-8", "replace"))

    @reads_files
    def lengths(self, field: str) -> memoryview | bytes:
        """The length of a field in each document, in Whoosh's one-byte code. Trailing zeros may be missing."""
        name = str(W3Codec.column_filename(self._segment, f"_{field}_len"))
        if not self._files.file_exists(name):
            return b""
        view: memoryview = self._files.open_file(name).view
        return view

    @cached_property
    def languages(self) -> frozenset[str]:
        """The language tags of the articles."""
        return frozenset(LabelTerm.parse(term.decode()).key for term in self.terms(LABEL, f"{LANGUAGE}\0".encode()))

    # Terms -----------------------------------------------------------------------------------------------

    @property
    def terms_reader(self) -> Any:
        """Whoosh's terms reader, for TermDictionary."""
        return self._terms

    def terms(self, field: str, prefix: bytes) -> Iterator[bytes]:
        """The terms of a field with a prefix, in byte order."""
        with reading_files():
            for name, term in self._terms.terms_from(field, prefix):
                if name != field or not term.startswith(prefix):
                    return
                yield term

    def records(self, field: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The terms of a field with a prefix, in byte order, with their values in the term table. Reads the table
        directly, which is five times as fast as Whoosh's reader."""
        with reading_files():
            key = self._terms._keycoder(field, prefix)
            table = self._terms._tindex
            view = table.dbfile.view
            at = table.closest_key_pos(key)
            while at is not None and at < table.endofdata:
                key_length, length = KEY_AND_VALUE.unpack_from(view, at)
                begin = at + KEY_AND_VALUE.size
                middle = begin + key_length
                at = middle + length
                found = bytes(view[begin:middle])
                if not found.startswith(key):
                    return
                if at <= begin:
                    raise ValueError("a record of the term table has an invalid length")
                yield found[FIELD.size :], bytes(view[middle:at])

    def vocabulary(self, field: str, prefix: bytes) -> Iterator[tuple[bytes, int]]:
        """The terms of a field with a prefix, with their document frequencies, deleted documents included."""
        with reading_files():
            for term, record in self.records(field, prefix):
                yield term, _COUNT.unpack_from(record)[0]

    @reads_files
    def info(self, field: str, term: bytes) -> W3TermInfo | None:
        """The record of a term; None if the segment does not have it."""
        try:
            return self._terms.term_info(field, term)
        except TermNotFound:
            return None
