"""Builds segments from articles. Imported only when needed, since it loads NumPy."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from whoosh.codec.whoosh3 import W3Codec, W3Segment
from whoosh.filedb.filestore import RamStorage, Storage
from whoosh.util.numeric import length_to_byte

from archive.article import Article
from archive.search import analysis
from archive.search.fields import FORM, LABEL, TEXT_FIELDS, VALUE_GAP, TextField, labels_of, texts_of
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.indexing.postings_writer import TermPostings, TermsWriter, encode
from archive.search.whoosh.segment.schema import SCHEMA
from archive.search.whoosh.segment.segment import DOCUMENTS_EXT, INDEX_NAME
from archive.search.whoosh.segment.stored_fields import Row, to_bytes

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS: Final = sorted(SCHEMA)  # in the order of writing


def build_segment(articles: Iterable[Article]) -> tuple[str, int, bytes]:
    """Builds a segment from articles with distinct ids. Returns its name, number of documents and file content."""
    content = _SegmentContent()
    for article in articles:
        content.add(article)
    storage = RamStorage()
    name = write_segment(storage, content.rows, content.lengths(), content.lists())
    return name, len(content.rows), storage.files[f"{name}.seg"]


def write_segment(
    storage: Storage, rows: Sequence[Row], lengths: Mapping[str, Array], lists: Iterable[tuple[str, TermPostings]]
) -> str:
    """Writes a segment to `{name}.seg` and returns the name.

    `lengths`: of each text field in each document, in Whoosh's one-byte code. `lists`: postings with the name of their
    field, those of a field in the order of their terms."""
    codec = W3Codec()
    segment = W3Segment(codec, INDEX_NAME)
    codec.per_document_writer(storage, segment).close()  # required by Whoosh; our stored fields are in DOCUMENTS_EXT
    for field, codes in lengths.items():
        _write(storage, str(codec.column_filename(segment, f"_{field}_len")), codes.tobytes())
    terms = TermsWriter(storage, segment)
    for field, postings in lists:
        terms.write(field, postings, lengths.get(field))
    terms.close()
    segment.set_doc_count(len(rows))
    _write(storage, str(segment.make_filename(DOCUMENTS_EXT)), to_bytes(rows))
    segment.create_compound_file(storage)
    return str(segment.segment_id())


def _write(storage: Storage, name: str, content: bytes) -> None:
    file = storage.create_file(name)
    file.write(content)
    file.close()


class _Words:
    """The words of a segment, numbered by first occurrence; 0 stands for pieces that are not words."""

    def __init__(self) -> None:
        self.words = [analysis.Analysed("", ("",))]
        self._by_language: dict[str, _WordNumbers] = {}

    def numbers(self, text: str, language: str) -> array[int]:
        if language not in self._by_language:
            self._by_language[language] = _WordNumbers(self.words, language)
        numbers = array("I", map(self._by_language[language].__getitem__, analysis.raw_words(text)))
        return array("I", filter(None, numbers)) if 0 in numbers else numbers


class _WordNumbers(dict[str, int]):
    """The numbers of words of one language, by raw spelling."""

    def __init__(self, words: list[analysis.Analysed], language: str) -> None:
        super().__init__()
        self._words = words
        self._analysed = analysis.words_of(language)

    def __missing__(self, raw: str) -> int:
        word = self._analysed[raw]
        number = 0
        if word.form:
            number = len(self._words)
            self._words.append(word)
        self[raw] = number
        return number


class _FieldWords:
    """The words of a field, value after value. Each value has a document and the position of its first word."""

    def __init__(self) -> None:
        self.words = array("I")
        self.documents, self.begins, self.counts = array("I"), array("I"), array("I")
        self.lengths = bytearray()  # of the field in each document, in Whoosh's one-byte code

    def add(self, document: int, values: Iterable[array[int]]) -> None:
        at = length = 0
        for numbers in values:
            if numbers:
                self.words.extend(numbers)
                self.documents.append(document)
                self.begins.append(at)
                self.counts.append(len(numbers))
            length += len(numbers)
            at += len(numbers) + VALUE_GAP
        self.lengths.append(length_to_byte(length))

    def documents_of_words(self) -> Array:
        return np.repeat(_array(self.documents), _array(self.counts))

    def positions(self) -> Array:
        counts = _array(self.counts)
        before = np.cumsum(counts) - counts
        positions: Array = np.arange(len(self.words)) - np.repeat(before - _array(self.begins), counts)
        return positions


class _SegmentContent:
    """The stored fields, words and labels of a segment's articles."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._words = _Words()
        self._runs = {field.name: _FieldWords() for field in TEXT_FIELDS}
        self._labels: dict[str, array[int]] = defaultdict(lambda: array("I"))

    def add(self, article: Article) -> None:
        """Adds an article; one that is not public becomes a tombstone, with only its id and revision."""
        document = len(self.rows)
        article_id = utf8(article.id)
        if not article.is_public:
            self.rows.append(Row(article_id, article.revision, tombstone=True))
            for runs in self._runs.values():
                runs.add(document, ())
            return
        for label in labels_of(article):
            self._labels[label.text].append(document)
        language = analysis.language_of(article.language)
        for field, texts in texts_of(article).items():
            self._runs[field].add(document, [self._words.numbers(text, language) for text in texts if text])
        published = article.published or article.updated
        microseconds = (published - EPOCH) // timedelta(microseconds=1)
        day = (article.day or published.date()).toordinal()
        self.rows.append(Row(article_id, article.revision, published=microseconds, day=day))

    def lengths(self) -> dict[str, Array]:
        return {field: np.frombuffer(bytes(runs.lengths), np.uint8) for field, runs in self._runs.items()}

    def lists(self) -> Iterator[tuple[str, TermPostings]]:
        fields = {field.name: field for field in TEXT_FIELDS}
        for name in FIELDS:
            if name == FORM:
                yield name, self._forms()
            elif name == LABEL:
                yield name, self._labelled()
            else:
                yield name, self._text(fields[name])

    def _labelled(self) -> TermPostings:
        pairs = sorted((utf8(name), documents) for name, documents in self._labels.items())
        bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum([len(documents) for _, documents in pairs])))
        all_documents = _array(array("I", (document for _, documents in pairs for document in documents)))
        ones = np.ones(len(all_documents), np.int64)
        return TermPostings([name for name, _ in pairs], bounds.astype(np.int64), all_documents, ones)

    def _forms(self) -> TermPostings:
        """The folded words, one posting per document with the word in any field."""
        words = np.concatenate([_array(runs.words) for runs in self._runs.values()])
        documents = np.concatenate([runs.documents_of_words() for runs in self._runs.values()])
        terms, numbers = _ranked([word.form for word in self._words.words], words)
        entries = np.sort(numbers[words] * (len(self.rows) + 1) + documents)
        entries = entries[np.diff(entries, prepend=-1) > 0]
        of_term, documents = np.divmod(entries, len(self.rows) + 1)
        return TermPostings(terms, _bounds(of_term, len(terms)), documents, np.ones(len(documents), np.int64))

    def _text(self, field: TextField) -> TermPostings:
        runs = self._runs[field.name]
        words, documents, positions = _array(runs.words), runs.documents_of_words(), runs.positions()
        spelled = [word.terms[0] if field.stemmed else word.form for word in self._words.words]
        others = [word.terms[-1] if field.stemmed else word.form for word in self._words.words]
        differ = np.array([first != second for first, second in zip(spelled, others, strict=True)])[words]
        terms, numbers = _ranked(spelled, words, others)
        of_term = numbers[: len(spelled)][words]
        if differ.any():  # some words have a second term, the stem without accents
            of_term = np.concatenate((of_term, numbers[len(spelled) :][words[differ]]))
            documents = np.concatenate((documents, documents[differ]))
            positions = np.concatenate((positions, positions[differ]))
            order = np.lexsort((positions, documents, of_term))
        else:
            # Documents and positions are in order: sorting numbers that combine term and index is the fastest way.
            order = np.sort(of_term * len(of_term) + np.arange(len(of_term))) % max(len(of_term), 1)
        return _lists(terms, of_term[order], documents[order], positions[order])


def _lists(terms: Sequence[bytes], of_term: Array, documents: Array, positions: Array) -> TermPostings:
    """The postings of word occurrences, which are sorted by term, document and position."""
    begins = np.ones(len(of_term), np.bool_)
    begins[1:] = (of_term[1:] != of_term[:-1]) | (documents[1:] != documents[:-1])
    starts = np.flatnonzero(begins)
    differences = np.diff(positions, prepend=0)
    differences[starts] = positions[starts]
    encoded, ends = encode(differences)
    return TermPostings(
        terms,
        _bounds(of_term[starts], len(terms)),
        documents[starts],
        np.diff(starts, append=len(of_term)),
        encoded,
        np.append(ends[:-1][starts], ends[-1]),
    )


def _ranked(spelled: Sequence[str], words: Array, others: Sequence[str] = ()) -> tuple[list[bytes], Array]:
    """The distinct terms of the words that occur, in byte order, and for each word the rank of its term.

    `spelled`: the term of each word. `others`: the second term of each word, whose ranks follow those of the first."""
    numbers = np.flatnonzero(np.bincount(words, minlength=1)).tolist()
    both = len(spelled) if others else 0
    used = [(number, utf8(spelled[number])) for number in numbers]
    used += [(number + both, utf8(others[number])) for number in numbers if others]
    terms = sorted({term for _, term in used})
    rank = {term: number for number, term in enumerate(terms)}
    ranks = np.zeros(len(spelled) + len(others), np.int64)
    if used:
        ranks[[number for number, _ in used]] = [rank[term] for _, term in used]
    return terms, ranks


def _bounds(of_term: Array, terms: int) -> Array:
    return np.searchsorted(of_term, np.arange(terms + 1))


def _array(numbers: array[int]) -> Array:
    return np.frombuffer(numbers, np.uint32).astype(np.int64) if numbers else np.empty(0, np.int64)


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # so that a lone surrogate does not fail the whole batch
