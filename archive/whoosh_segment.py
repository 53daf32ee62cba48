"""One immutable segment of the embedded index: written, read and merged by way of Whoosh's codec."""

from __future__ import annotations

import heapq
import io
import sys
import zlib
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate, repeat
from pathlib import Path
from pickle import dumps, load, loads
from typing import Any, Final, NamedTuple

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3PostingsWriter, W3Segment
from whoosh.columns import NumericColumn, VarBytesColumn
from whoosh.fields import FieldType
from whoosh.filedb.filestore import FileStorage, RamStorage, Storage
from whoosh.formats import Existence, Positions
from whoosh.reading import TermNotFound
from whoosh.util.numeric import byte_to_length, length_to_byte

from archive import analysis
from archive.article import Article, LabelKind, label_key
from archive.whoosh_storage import SegmentFiles, reading_files, reads_files

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
INDEX_NAME: Final = "articles"
BETWEEN_VALUES: Final = 100  # positions between two authors or tags, so that no phrase reaches across

_PICKLE: Final = 4  # Whoosh's protocol 2 writes bytes as calls of a codec: reading them took five times as long
_LAST_BYTE: Final = 0x80
_SMALL: Final = frozenset(range(_LAST_BYTE))


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
ID: Final = "id"  # one term each: the article's id
LABEL: Final = "label"  # one term for each spelling of each label: kind, key and name, parted by NULs
FORM: Final = "form"  # the folded words that stemming changed, for wildcards

POSITIONS: Final = CompactPositions()
EXISTENCE: Final = Existence()
SCHEMA: Final[Mapping[str, FieldType]] = {
    **{field.name: FieldType(POSITIONS, None, scorable=True) for field in TEXT_FIELDS},
    ID: FieldType(EXISTENCE, None, unique=True),
    LABEL: FieldType(EXISTENCE, None),
    FORM: FieldType(EXISTENCE, None),
}
_NAMES: Final = sorted(SCHEMA)

_ID_COLUMN: Final = VarBytesColumn()
_PUBLISHED_COLUMN: Final = NumericColumn("q")  # microseconds since 1970
_DAY_COLUMN: Final = NumericColumn("i")  # date.toordinal()
_REVISION_COLUMN: Final = NumericColumn("i")  # plus 1, so never 0; negative: the article is not to be found
_COLUMNS: Final = {
    "id": _ID_COLUMN,
    "published": _PUBLISHED_COLUMN,
    "day": _DAY_COLUMN,
    "revision": _REVISION_COLUMN,
}


class Postings(NamedTuple):
    """Where a term stands: documents in order, and how often in each."""

    documents: array[int]
    weights: array[float]
    values: list[bytes]


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's format, written faster; Whoosh itself can still read it."""

    def postings_writer(self, dbfile: Any, byteids: bool = False) -> W3PostingsWriter:
        return _PostingsWriter(dbfile, self._blocklimit, byteids, self._compression, self._inlinelimit)

    def field_writer(self, storage: Storage, segment: W3Segment) -> _FieldWriter:
        return _FieldWriter(self, storage, segment)


class _PostingsWriter(W3PostingsWriter):  # type: ignore[misc]
    def add_list(self, postings: Postings, lengths: bytes | bytearray | None) -> None:
        """All postings of one term; the last block stays for `finish_postings`."""
        documents, weights, values = postings
        for start in range(0, len(documents), self._blocklimit):
            if start:
                self._write_block()
            end = start + self._blocklimit
            self._ids = documents[start:end]
            self._weights = weights[start:end]
            self._values = values[start:end]
            self._maxweight = max(self._weights)
            if lengths is not None:
                of_block = [lengths[document] for document in self._ids]
                self._minlength = byte_to_length(min(of_block))
                self._maxlength = byte_to_length(max(of_block))

    def _write_block(self, last: bool = False) -> None:
        if not self._blockcount:
            self._postfile.write(b"W3Bl")
        self._terminfo.add_block(self)
        data = dumps((self._mini_ids(), self._mini_weights(), self._mini_values()), _PICKLE)
        compressed = self._compression if len(data) >= 120 else 0
        if compressed:
            data = zlib.compress(data, compressed)
        lengths = length_to_byte(self._minlength), length_to_byte(self._maxlength)
        info = dumps((len(self._ids), self._ids[-1], self._maxweight, compressed, *lengths), _PICKLE)
        size = len(info) + len(data)
        self._postfile.write_int(-size if last else size)
        self._postfile.write(info)
        self._postfile.write(data)
        self._blockcount += 1
        self._new_block()


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    def add_term(self, term: bytes, postings: Postings, lengths: bytes | bytearray | None) -> None:
        self.start_term(term)
        self._postwriter.add_list(postings, lengths)
        self.finish_term()


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


# Writing -------------------------------------------------------------------------------------------------


def build(articles: Iterable[Article]) -> tuple[str, int, bytes]:
    """A segment of these articles, each id once: its name, its number of documents, its bytes."""
    writer = _SegmentWriter(RamStorage())
    for article in articles:
        writer.add(article)
    name = writer.finish()
    return name, writer.documents, writer.storage.files[f"{name}.seg"]


class _SegmentWriter:
    """Collects a segment in a storage of Whoosh's."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.documents = 0
        self._codec = Codec()
        self._segment = W3Segment(self._codec, INDEX_NAME)
        self._columns = self._codec.per_document_writer(storage, self._segment)
        self._terms: dict[str, dict[str, Postings]] = {name: {} for name in SCHEMA}
        self._lengths = {field.name: bytearray() for field in TEXT_FIELDS}

    def add(self, article: Article) -> None:
        """An article that is not public leaves its id and revision only."""
        document = self.documents
        self._add_term(ID, article.id, document, 1.0, b"")
        counted = article.revision + 1
        values: dict[str, object] = {"id": _utf8(article.id), "revision": counted if article.is_public else -counted}
        lengths = dict.fromkeys(self._lengths, 0)
        if article.is_public:
            published = article.published or article.updated
            values["published"] = (published - EPOCH) // timedelta(microseconds=1)
            values["day"] = (article.day or published.date()).toordinal()
            for label, name in article.label_names():
                term = "\0".join((label.kind, label.key, name.replace("\0", " ")))
                self._add_term(LABEL, term, document, 1.0, b"")
            lengths = self._add_texts(article, document)
        self._add_row(values, lengths)

    def _add_texts(self, article: Article, document: int) -> dict[str, int]:
        texts = {
            "title": (article.title,),
            "summary": (article.summary or "",),
            "body": (article.text,),
            "author": tuple(author.name for author in article.authors),
            "tag": article.tags,
            "section": (article.section or "",),
        }
        forms: set[str] = set()
        lengths = {}
        for field in TEXT_FIELDS:
            positions: dict[str, list[int]] = defaultdict(list)
            at = length = 0
            for text in texts[field.name]:
                for word in analysis.words(text):
                    folded = analysis.fold(word)
                    term = analysis.term_of(word) if field.stemmed else folded
                    if not term:
                        continue
                    positions[term].append(at)
                    at += 1
                    length += 1
                    if term != folded:
                        forms.add(folded)
                at += BETWEEN_VALUES
            lengths[field.name] = length
            for term, places in positions.items():
                self._add_term(field.name, term, document, float(len(places)), POSITIONS.encode(places))
        for form in forms:
            self._add_term(FORM, form, document, 1.0, b"")
        return lengths

    def _add_term(self, field: str, term: str, document: int, weight: float, value: bytes) -> None:
        terms = self._terms[field]
        if (postings := terms.get(term)) is None:
            postings = terms[term] = Postings(array("I"), array("f"), [])
        postings.documents.append(document)
        postings.weights.append(weight)
        if value:
            postings.values.append(value)

    def _add_row(self, values: Mapping[str, object], lengths: Mapping[str, int]) -> None:
        self._columns.start_doc(self.documents)
        for name, value in values.items():
            self._columns.add_column_value(name, _COLUMNS[name], value)
        for name, length in lengths.items():
            self._columns.add_field(name, SCHEMA[name], None, length)
            self._lengths[name].append(length_to_byte(length))
        self._columns.finish_doc()
        self.documents += 1

    def finish(self) -> str:
        self._finish(
            (field, term, postings) for field in _NAMES for term, postings in _by_bytes(self._terms[field].items())
        )
        return str(self._segment.segment_id())

    def _finish(self, terms: Iterable[tuple[str, bytes, Postings]]) -> None:
        fields = self._codec.field_writer(self.storage, self._segment)
        open_field = None
        for name, term, postings in terms:
            if name != open_field:
                if open_field is not None:
                    fields.finish_field()
                fields.start_field(name, SCHEMA[name])
                open_field = name
            fields.add_term(term, postings, self._lengths.get(name))
        if open_field is not None:
            fields.finish_field()
        self._segment.set_doc_count(self.documents)
        self._columns.close()
        fields.close()
        self._segment.create_compound_file(self.storage)

    def merge(self, sources: Sequence[tuple[Segment, Collection[int]]]) -> str:
        """The living documents of several segments, in their order."""
        renumbered = []
        for segment, deleted in sources:
            numbers = array("q", bytes(8 * segment.documents))
            for document in range(segment.documents):
                if document in deleted:
                    numbers[document] = -1
                    continue
                numbers[document] = self.documents
                self._copy_row(segment, document)
            renumbered.append(numbers)
        self._finish(_merged_terms([segment for segment, _ in sources], renumbered))
        return str(self._segment.segment_id())

    def _copy_row(self, segment: Segment, document: int) -> None:
        values = {
            "id": segment.id_of(document).encode(),
            "revision": segment.counted_revision(document),
            "published": segment.published[document],
            "day": segment.days[document],
        }
        # A length is kept in a byte. Its rounded value falls on the same byte again.
        lengths = {name: byte_to_length(segment.lengths(name)[document]) for name in self._lengths}
        self._add_row(values, lengths)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # half a character must not keep a whole batch out


def _by_bytes(terms: Iterable[tuple[str, Postings]]) -> list[tuple[bytes, Postings]]:
    return sorted(((_utf8(term), postings) for term, postings in terms), key=lambda pair: pair[0])


def merge(sources: Sequence[tuple[Path, Collection[int]]], folder: Path) -> tuple[Path, int]:
    """Writes the living documents of several segments into `folder` as one: its file, its documents.

    Memory does not grow with the segments, only with their numbers of documents."""
    segments = [(Segment(path), frozenset(deleted)) for path, deleted in sources]
    writer = _SegmentWriter(FileStorage(str(folder)))
    name = writer.merge(segments)
    return folder / f"{name}.seg", writer.documents


def _merged_terms(
    segments: Sequence[Segment], renumbered: Sequence[array[int]]
) -> Iterator[tuple[str, bytes, Postings]]:
    for field in _NAMES:
        streams = [zip(segment.terms(field, b""), repeat(place)) for place, segment in enumerate(segments)]
        merged = Postings(array("I"), array("f"), [])
        current: bytes | None = None
        for term, place in heapq.merge(*streams):
            if term != current:
                if current is not None and merged.documents:
                    yield field, current, merged
                current, merged = term, Postings(array("I"), array("f"), [])
            _append(merged, segments[place].postings_with_values(field, term), renumbered[place])
        if current is not None and merged.documents:
            yield field, current, merged


def _append(to: Postings, postings: Postings, numbers: array[int]) -> None:
    new = [numbers[document] for document in postings.documents]
    if min(new) >= 0:
        to.documents.extend(new)
        to.weights.extend(postings.weights)
        to.values.extend(postings.values)
        return
    living = [place for place, number in enumerate(new) if number >= 0]
    to.documents.extend(new[place] for place in living)
    to.weights.extend(postings.weights[place] for place in living)
    if postings.values:
        to.values.extend(postings.values[place] for place in living)


def renumber(document: int, deleted: Sequence[int]) -> int:
    """The number that a living document gets when the deleted ones, in order, are left out."""
    return document - bisect_left(deleted, document)


# Reading -------------------------------------------------------------------------------------------------


class Segment:
    """A segment file, mapped. Immutable, so that any number of threads may read it.

    All methods raise IndexUnavailable where the file is damaged."""

    @reads_files
    def __init__(self, path: Path) -> None:
        self.name = path.stem
        self._files = SegmentFiles(path)
        codec = Codec()
        segment = W3Segment(codec, INDEX_NAME, segid=self.name.removeprefix(f"{INDEX_NAME}_"))
        self._terms = codec.terms_reader(self._files, segment)
        self._postings = self._files.open_file(segment.make_filename(codec.POSTS_EXT)).view
        self._segment = segment
        # The revision column is written for every document, and none is 0.
        self.documents = len(self._revisions)

    # Documents -------------------------------------------------------------------------------------------

    @reads_files
    def find(self, article_id: str) -> int | None:
        """The document that holds this article, deleted or not."""
        postings = self._read(ID, _utf8(article_id))
        return postings.documents[0] if postings is not None else None

    @reads_files
    def id_of(self, document: int) -> str:
        name: bytes = self._ids[document]
        return name.decode()

    @cached_property
    def _ids(self) -> Any:
        file = self._column_file("id")
        return _ID_COLUMN.reader(file, 0, len(file.view), self.documents)

    def counted_revision(self, document: int) -> int:
        return self._revisions[document]

    def revision_of(self, document: int) -> int:
        return abs(self._revisions[document]) - 1

    @cached_property
    def _revisions(self) -> array[int]:
        return self._numbers("revision", "i", None)

    @cached_property
    @reads_files
    def published(self) -> array[int]:
        """Microseconds since 1970."""
        return self._numbers("published", "q", self.documents)

    @cached_property
    @reads_files
    def days(self) -> array[int]:
        """Days as `date.toordinal` counts them."""
        return self._numbers("day", "i", self.documents)

    @cached_property
    def tombstones(self) -> frozenset[int]:
        return frozenset(document for document, revision in enumerate(self._revisions) if revision < 0)

    @reads_files
    def lengths(self, field: str) -> bytes:
        """How long the field of each document is, in Whoosh's one-byte code."""
        if field not in self._lengths:
            name = f"_{field}_len"
            held = bytes(self._column_file(name).view) if self._has_column(name) else b""
            self._lengths[field] = held.ljust(self.documents, b"\0")
        return self._lengths[field]

    @cached_property
    def _lengths(self) -> dict[str, bytes]:
        return {}

    def length_counts(self, field: str) -> Counter[int]:
        """How many documents have which length, in the one-byte code."""
        if field not in self._length_counts:
            self._length_counts[field] = Counter(self.lengths(field))
        return self._length_counts[field]

    @cached_property
    def _length_counts(self) -> dict[str, Counter[int]]:
        return {}

    @cached_property
    def labels(self) -> LabelTable:
        return LabelTable.of(self)

    def _column_name(self, name: str) -> str:
        return str(Codec.column_filename(self._segment, name))

    def _has_column(self, name: str) -> bool:
        return self._files.file_exists(self._column_name(name))

    def _column_file(self, name: str) -> Any:
        return self._files.open_file(self._column_name(name))

    def _numbers(self, name: str, typecode: str, count: int | None) -> array[int]:
        numbers = array(typecode)
        if self._has_column(name):
            numbers.frombytes(self._column_file(name).view)
        if sys.byteorder == "little":
            numbers.byteswap()
        if count is not None:  # values equal to the default are not written at the end of a column
            numbers.frombytes(bytes(numbers.itemsize * (count - len(numbers))))
        return numbers

    # Terms -----------------------------------------------------------------------------------------------

    def terms(self, field: str, prefix: bytes) -> Iterator[bytes]:
        """The terms that begin so, in the order of their bytes."""
        with reading_files():
            for name, term in self._terms.terms_from(field, prefix):
                if name != field or not term.startswith(prefix):
                    return
                yield term

    @reads_files
    def postings(self, field: str, term: bytes) -> Postings | None:
        """Without the positions; None where the term is not in this segment."""
        return self._read(field, term)

    @reads_files
    def postings_with_values(self, field: str, term: bytes) -> Postings:
        return self._read(field, term, with_values=True) or Postings(array("I"), array("f"), [])

    @reads_files
    def positions(self, field: str, term: bytes, documents: Collection[int]) -> dict[int, list[int]]:
        """Where the term stands in those of the documents that have it."""
        found = {}
        postings = self._read(field, term, with_values=True, among=documents)
        if postings is not None:
            for document, value in zip(postings.documents, postings.values, strict=True):
                if document in documents:
                    found[document] = POSITIONS.decode_positions(value)
        return found

    def _read(
        self, field: str, term: bytes, *, with_values: bool = False, among: Collection[int] | None = None
    ) -> Postings | None:
        """Decodes whole blocks; where only some documents matter, blocks without them are passed over."""
        try:
            offset, _ = self._terms.term_info(field, term).extent()
        except TermNotFound:
            return None
        wanted = sorted(among) if among is not None else None
        documents, weights, values = array("I"), array("f"), list[bytes]()
        view = self._postings
        at, last, before = offset + 4, False, -1
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
            ids, of_block, of_values = loads(zlib.decompress(data) if compressed else data)  # noqa: S301
            documents.extend(accumulate(ids))
            if of_block is None or isinstance(of_block, float):
                weights.extend([1.0 if of_block is None else of_block] * count)
            else:
                weights.extend(of_block)
            if with_values and of_values:
                values.extend(of_values)
        return Postings(documents, weights, values)


class Named(NamedTuple):
    """One label as an article spells it."""

    kind: LabelKind
    key: str
    name: str


class LabelTable:
    """The labels of every document, so that counting them costs a step in C for each.

    Documents with the same labels share a set, and a set is another one and one label more."""

    def __init__(self, set_of: array[int], parents: array[int], added: array[int], labels: list[Named]) -> None:
        self._set_of = set_of
        self._parents = parents
        self._added = added
        self._labels = labels

    @classmethod
    def of(cls, segment: Segment) -> LabelTable:
        labels: list[Named] = []
        set_of = array("I", bytes(4 * segment.documents))
        parents, added = array("I", [0]), array("I", [0])
        sets: dict[tuple[int, int], int] = {}
        for place, term in enumerate(segment.terms(LABEL, b"")):
            kind, key, name = term.decode().split("\0")
            labels.append(Named(LabelKind(kind), key, name))
            postings = segment.postings(LABEL, term)
            for document in postings.documents if postings else ():
                before = set_of[document]
                now = sets.get((before, place))
                if now is None:
                    now = sets[before, place] = len(parents)
                    parents.append(before)
                    added.append(place)
                set_of[document] = now
        return cls(set_of, parents, added, labels)

    def count(self, documents: Iterable[int]) -> Counter[Named]:
        """How many of the documents carry each label."""
        counts = [0] * len(self._labels)
        for held, times in Counter(map(self._set_of.__getitem__, documents)).items():
            at = held
            while at:
                counts[self._added[at]] += times
                at = self._parents[at]
        return Counter({label: count for label, count in zip(self._labels, counts, strict=True) if count})


@lru_cache(maxsize=1024)
def label_prefix(kind: LabelKind, name: str) -> bytes:
    """What the terms of a label, however it is spelled, begin with."""
    return f"{kind}\0{label_key(name)}\0".encode()
