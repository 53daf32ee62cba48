"""Segments of the embedded index, written: from articles, or from other segments."""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Final

from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.filestore import FileStorage, RamStorage, Storage
from whoosh.util.numeric import byte_to_length, length_to_byte

from archive import analysis
from archive.article import Article
from archive.whoosh_codec import POSITIONS, Postings, TermsWriter, split
from archive.whoosh_documents import Row, to_bytes
from archive.whoosh_segment import DOCUMENTS_EXT, FORM, INDEX_NAME, LABEL, LANGUAGE, SCHEMA, TEXT_FIELDS, Segment

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BETWEEN_VALUES: Final = 100  # positions between two authors or tags, so that no phrase reaches across
_NAMES: Final = sorted(SCHEMA)
_NONE: Final = dict.fromkeys((field.name for field in TEXT_FIELDS), 0)


def build(articles: Iterable[Article]) -> tuple[str, int, bytes]:
    """A segment of these articles, each id once: its name, its number of documents, its bytes."""
    writer = _SegmentWriter(RamStorage())
    for article in articles:
        writer.add(article)
    name = writer.finish()
    return name, len(writer.rows), writer.storage.files[f"{name}.seg"]


class _SegmentWriter:
    """Collects a segment in a storage of Whoosh's."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.rows: list[Row] = []
        self._codec = W3Codec()
        self._segment = W3Segment(self._codec, INDEX_NAME)
        self._columns = self._codec.per_document_writer(storage, self._segment)
        self._terms: dict[str, dict[str, Postings]] = {name: defaultdict(Postings.empty) for name in SCHEMA}
        self._lengths = {field.name: bytearray() for field in TEXT_FIELDS}

    def add(self, article: Article) -> None:
        """An article that is not public leaves its id and revision only."""
        article_id = _utf8(article.id)
        if not article.is_public:
            self._add_row(Row(article_id, article.revision, tombstone=True), _NONE)
            return
        labels = [(str(label.kind), label.key, name) for label, name in article.label_names()]
        labels.append((LANGUAGE, article.language.lower(), article.language.lower()))
        for kind, key, name in labels:
            self._add_term(LABEL, "\0".join((kind, key, name.replace("\0", " "))))
        lengths = self._add_texts(article)
        published = article.published or article.updated
        microseconds = (published - EPOCH) // timedelta(microseconds=1)
        day = (article.day or published.date()).toordinal()
        self._add_row(Row(article_id, article.revision, published=microseconds, day=day), lengths)

    def _add_texts(self, article: Article) -> dict[str, int]:
        texts = {
            "title": (article.title,),
            "summary": (article.summary or "",),
            "body": (article.text,),
            "author": tuple(author.name for author in article.authors),
            "tag": article.tags,
            "section": (article.section or "",),
        }
        language = analysis.language_of(article.language)
        forms: set[str] = set()
        lengths = {}
        for field in TEXT_FIELDS:
            places: dict[str, list[int]] = defaultdict(list)
            at = length = 0
            for text in texts[field.name]:
                words = analysis.analysed(text, language) if text else ()
                for place, (form, terms) in enumerate(words, start=at):
                    forms.add(form)
                    for term in terms if field.stemmed else (form,):
                        places[term].append(place)
                length += len(words)
                at += len(words) + BETWEEN_VALUES
            lengths[field.name] = length
            self._add_places(field.name, places)
        for form in forms:
            self._add_term(FORM, form)
        return lengths

    def _add_places(self, field: str, places: Mapping[str, list[int]]) -> None:
        document = len(self.rows)
        held = self._terms[field]
        for term, of_term in places.items():
            postings = held[term]
            postings.documents.append(document)
            postings.weights.append(float(len(of_term)))
            postings.positions.extend(POSITIONS.encode(of_term))

    def _add_term(self, field: str, term: str) -> None:
        postings = self._terms[field][term]
        postings.documents.append(len(self.rows))
        postings.weights.append(1.0)

    def _add_row(self, row: Row, lengths: Mapping[str, int]) -> None:
        self._columns.start_doc(len(self.rows))
        for name, length in lengths.items():
            self._lengths[name].append(length_to_byte(length))
            if length:
                self._columns.add_field(name, SCHEMA[name], None, length)
        self._columns.finish_doc()
        self.rows.append(row)

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
        self._segment.set_doc_count(len(self.rows))
        self._columns.close()
        file = self._segment.create_file(self.storage, DOCUMENTS_EXT)
        file.write(to_bytes(self.rows))
        file.close()
        self._segment.create_compound_file(self.storage)

    def merge(self, sources: Sequence[tuple[Segment, Collection[int]]]) -> str:
        """The living documents of several segments, in their order."""
        renumbered = []
        for segment, deleted in sources:
            lengths = {name: bytes(segment.lengths(name)).ljust(segment.documents, b"\0") for name in self._lengths}
            numbers = array("q", bytes(8 * segment.documents))
            for document in range(segment.documents):
                if document in deleted:
                    numbers[document] = -1
                    continue
                numbers[document] = len(self.rows)
                # A length is kept in a byte. Its rounded value falls on the same byte again.
                of_document = {name: byte_to_length(codes[document]) for name, codes in lengths.items()}
                self._add_row(segment.rows.row(document), of_document)
            renumbered.append(numbers)
        self._finish(_merged_terms([segment for segment, _ in sources], renumbered))
        return str(self._segment.segment_id())


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
    return folder / f"{name}.seg", len(writer.rows)


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
            _append(merged, segments[place].postings(field, term, with_positions=True), renumbered[place])
        if current is not None and merged.documents:
            yield field, current, merged


def _append(to: Postings, postings: Postings, numbers: array[int]) -> None:
    new = [numbers[document] for document in postings.documents]
    if min(new) >= 0:
        to.documents.extend(new)
        to.weights.extend(postings.weights)
        to.positions.extend(postings.positions)
        return
    living = [place for place, number in enumerate(new) if number >= 0]
    to.documents.extend(new[place] for place in living)
    to.weights.extend(postings.weights[place] for place in living)
    if postings.positions:
        parts = split(postings.positions, postings.weights)
        to.positions.extend(b"".join(parts[place] for place in living))


def renumber(document: int, deleted: Sequence[int]) -> int:
    """The number that a living document gets when the deleted ones, in order, are left out."""
    return document - bisect_left(deleted, document)
