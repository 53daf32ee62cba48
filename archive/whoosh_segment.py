"""One immutable segment of the embedded index: written, read and merged by way of Whoosh's codec."""

from __future__ import annotations

import heapq
import sys
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any, Final, NamedTuple

from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.columns import NumericColumn, VarBytesColumn
from whoosh.fields import FieldType
from whoosh.filedb.filestore import FileStorage, RamStorage, Storage
from whoosh.reading import TermNotFound
from whoosh.util.numeric import byte_to_length, length_to_byte

from archive import analysis
from archive.article import Article, LabelKind, label_key
from archive.whoosh_codec import EXISTENCE, POSITIONS, Postings, TermsWriter, read
from archive.whoosh_storage import SegmentFiles, reading_files, reads_files

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
INDEX_NAME: Final = "articles"
BETWEEN_VALUES: Final = 100  # positions between two authors or tags, so that no phrase reaches across


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
        self._codec = W3Codec()
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
                words = analysis.words(text)
                folded = list(map(analysis.fold, words))
                terms = list(map(analysis.term_of, words)) if field.stemmed else folded
                for place, term in enumerate(terms, start=at):
                    positions[term].append(place)
                if field.stemmed:
                    forms.update(folded)
                length += len(terms)
                at += len(terms) + BETWEEN_VALUES
            lengths[field.name] = length
            for term, places in positions.items():
                self._add_term(field.name, term, document, float(len(places)), POSITIONS.encode(places))
        for form in forms:
            if analysis.term_of(form) != form:
                self._add_term(FORM, form, document, 1.0, b"")
        return lengths

    def _add_term(self, field: str, term: str, document: int, weight: float, value: bytes) -> None:
        terms = self._terms[field]
        if (postings := terms.get(term)) is None:
            postings = terms[term] = Postings.empty()
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
        writer = TermsWriter(self.storage, self._segment)
        for field, term, postings in terms:
            writer.add(field, term, postings, self._lengths.get(field))
        writer.close()
        self._segment.set_doc_count(self.documents)
        self._columns.close()
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
        merged = Postings.empty()
        current: bytes | None = None
        for term, place in heapq.merge(*streams):
            if term != current:
                if current is not None and merged.documents:
                    yield field, current, merged
                current, merged = term, Postings.empty()
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
    if len(postings.values) == len(new):
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
        codec = W3Codec()
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
        return str(W3Codec.column_filename(self._segment, name))

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
        return self._read(field, term, with_values=True) or Postings.empty()

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
        try:
            info = self._terms.term_info(field, term)
        except TermNotFound:
            return None
        return read(info, self._postings, with_values=with_values, among=among)


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
