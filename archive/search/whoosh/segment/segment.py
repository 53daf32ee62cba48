"""One immutable segment of the embedded index, as it is read by way of Whoosh's codec."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from whoosh.codec.whoosh3 import W3Codec, W3Segment, W3TermInfo
from whoosh.fields import FieldType
from whoosh.reading import CorruptIndexError, TermNotFound

from archive.article import label_key
from archive.search.whoosh.segment.codec import EXISTENCE, FIELD, KEY_AND_VALUE, POSITIONS
from archive.search.whoosh.segment.directory import SegmentFiles, reading_files, reads_files, write_synced
from archive.search.whoosh.segment.stored_fields import Documents

INDEX_NAME: Final = "articles"
DOCUMENTS_EXT: Final = ".doc"

# A record of Whoosh's table of terms: two lengths, the field's number with the term, the figures of the term.
_COUNT: Final = struct.Struct("!5xI")


@dataclass(frozen=True, slots=True)
class TextField:
    """How a field's text becomes terms."""

    name: str
    stemmed: bool = True


TEXT_FIELDS: Final = (
    TextField("title"),
    TextField("summary"),
    TextField("body"),
    TextField("author", stemmed=False),
    TextField("tag"),
    TextField("section"),
)
LABEL: Final = "label"  # one term for each spelling of each label: kind, key and name, parted by NULs
FORM: Final = "form"  # every word as it is spelled, folded but not stemmed, whichever field it stands in
LANGUAGE: Final = "language"  # a kind of label, too: key and name are the article's language tag

SCHEMA: Final[Mapping[str, FieldType]] = {
    **{field.name: FieldType(POSITIONS, None, scorable=True) for field in TEXT_FIELDS},
    LABEL: FieldType(EXISTENCE, None),
    FORM: FieldType(EXISTENCE, None),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manifest says about a segment. `deletions` names a file beside it; sizes in bytes."""

    name: str
    documents: int
    size: int
    crc: int
    deletions: str | None = None
    deleted: int = 0

    @property
    def file(self) -> str:
        return f"{self.name}.seg"

    @property
    def living(self) -> int:
        return self.documents - self.deleted


def stored(folder: Path, name: str, documents: int, content: bytes) -> Entry:
    """Writes a segment's file, on to the disk. Raises OSError, and leaves nothing, where there is no room."""
    entry = Entry(name, documents, len(content), zlib.crc32(content))
    try:
        write_synced(folder / entry.file, content)
    except OSError:
        (folder / entry.file).unlink(missing_ok=True)
        raise
    return entry


class Segment:
    """A segment file, mapped. Immutable, so that any number of threads may read it.

    All methods raise IndexUnavailable where the file is damaged."""

    @reads_files
    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._files = SegmentFiles(path)
        self._codec = W3Codec()
        self._segment = W3Segment(self._codec, INDEX_NAME, segid=self.name.removeprefix(f"{INDEX_NAME}_"))
        self.rows = Documents(self._file(DOCUMENTS_EXT))
        self.documents = self.rows.count
        self.view = self._file(self._codec.POSTS_EXT)  # of the postings

    def give_back(self) -> None:
        self._files.give_back()

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
        """The document that holds this article, deleted or not."""
        return self.rows.find(article_id.encode("utf-8", "replace"))

    @reads_files
    def lengths(self, field: str) -> memoryview | bytes:
        """How long the field of each document is, in Whoosh's one-byte code; without those of length 0 at the end."""
        name = str(W3Codec.column_filename(self._segment, f"_{field}_len"))
        if not self._files.file_exists(name):
            return b""
        view: memoryview = self._files.open_file(name).view
        return view

    @cached_property
    def languages(self) -> frozenset[str]:
        """The language tags of its articles."""
        return frozenset(term.decode().split("\0")[1] for term in self.terms(LABEL, f"{LANGUAGE}\0".encode()))

    # Terms -----------------------------------------------------------------------------------------------

    @property
    def term_table(self) -> Any:
        """Whoosh's reader of the terms, for who reads many at once."""
        return self._terms

    def terms(self, field: str, prefix: bytes) -> Iterator[bytes]:
        """The terms that begin so, in the order of their bytes."""
        with reading_files():
            for name, term in self._terms.terms_from(field, prefix):
                if name != field or not term.startswith(prefix):
                    return
                yield term

    def records(self, field: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The same with what the table says of each, read from the table itself: five times as fast."""
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
                    raise ValueError("a record of the table of terms has no length")
                yield found[FIELD.size :], bytes(view[middle:at])

    def vocabulary(self, field: str, prefix: bytes) -> Iterator[tuple[bytes, int]]:
        """The terms that begin so, with their numbers of documents."""
        with reading_files():
            for term, record in self.records(field, prefix):
                yield term, _COUNT.unpack_from(record)[0]

    @reads_files
    def info(self, field: str, term: bytes) -> W3TermInfo | None:
        """What is said of a term; None where it is not in this segment."""
        try:
            return self._terms.term_info(field, term)
        except TermNotFound:
            return None


class Named(NamedTuple):
    """One label as an article spells it."""

    kind: str  # a LabelKind, or LANGUAGE
    key: str
    name: str

    @classmethod
    def of(cls, term: bytes) -> Named:
        kind, key, name = term.decode().split("\0")
        return cls(kind, key, name)


@lru_cache(maxsize=1024)
def label_prefix(kind: str, name: str) -> bytes:
    """What the terms of a label, however it is spelled, begin with."""
    return f"{kind}\0{label_key(name)}\0".encode()
