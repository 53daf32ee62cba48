"""Segments of the embedded index, written from articles. Imported by who indexes: it brings NumPy."""

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
from archive.search.whoosh.indexing.postings_writer import Array, Lists, TermsWriter, encoded
from archive.search.whoosh.segment.schema import FORM, LABEL, LANGUAGE, SCHEMA, TEXT_FIELDS, TextField
from archive.search.whoosh.segment.segment import DOCUMENTS_EXT, INDEX_NAME
from archive.search.whoosh.segment.stored_fields import Row, to_bytes

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BETWEEN_VALUES: Final = 100  # positions between two authors or tags, so that no phrase reaches across
FIELDS: Final = sorted(SCHEMA)  # as they are written


def build(articles: Iterable[Article]) -> tuple[str, int, bytes]:
    """A segment of these articles, each id once: its name, its number of documents, its bytes."""
    collected = _Collected()
    for article in articles:
        collected.add(article)
    storage = RamStorage()
    name = write_segment(storage, collected.rows, collected.lengths(), collected.lists())
    return name, len(collected.rows), storage.files[f"{name}.seg"]


def write_segment(
    storage: Storage, rows: Sequence[Row], lengths: Mapping[str, Array], lists: Iterable[tuple[str, Lists]]
) -> str:
    """The segment's name; its file is that with `.seg`.

    `lengths`: of each text field in each document, in Whoosh's one-byte code; `lists`: with the names of their
    fields, each field's in the order of their terms."""
    codec = W3Codec()
    segment = W3Segment(codec, INDEX_NAME)
    codec.per_document_writer(storage, segment).close()  # of what Whoosh would store with a document: nothing
    for field, codes in lengths.items():
        _write(storage, str(codec.column_filename(segment, f"_{field}_len")), codes.tobytes())
    terms = TermsWriter(storage, segment)
    for field, some in lists:
        terms.write(field, some, lengths.get(field))
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
    """Every word of a segment as a number, as they are met: 0 is what is no word. A raw word belongs to a language."""

    def __init__(self) -> None:
        self.words = [analysis.Analysed("", ("",))]
        self._known: dict[str, _Known] = {}

    def numbers(self, text: str, language: str) -> array[int]:
        if language not in self._known:
            self._known[language] = _Known(self.words, language)
        numbers = array("I", map(self._known[language].__getitem__, analysis.raw_words(text)))
        return array("I", filter(None, numbers)) if 0 in numbers else numbers


class _Known(dict[str, int]):
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


class _Runs:
    """The words of one field: values one after the other, each in a document, from a position on."""

    def __init__(self) -> None:
        self.words = array("I")
        self.documents, self.begins, self.counts = array("I"), array("I"), array("I")
        self.lengths = bytearray()  # of each document, in Whoosh's one-byte code

    def add(self, document: int, values: Iterable[array[int]]) -> None:
        at = length = 0
        for numbers in values:
            if numbers:
                self.words.extend(numbers)
                self.documents.append(document)
                self.begins.append(at)
                self.counts.append(len(numbers))
            length += len(numbers)
            at += len(numbers) + BETWEEN_VALUES
        self.lengths.append(length_to_byte(length))

    def documents_of_words(self) -> Array:
        return np.repeat(_array(self.documents), _array(self.counts))

    def positions(self) -> Array:
        counts = _array(self.counts)
        before = np.cumsum(counts) - counts
        positions: Array = np.arange(len(self.words)) - np.repeat(before - _array(self.begins), counts)
        return positions


class _Collected:
    """Articles on their way into a segment."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._words = _Words()
        self._runs = {field.name: _Runs() for field in TEXT_FIELDS}
        self._labels: dict[str, array[int]] = defaultdict(lambda: array("I"))

    def add(self, article: Article) -> None:
        """An article that is not public leaves its id and revision only."""
        document = len(self.rows)
        article_id = utf8(article.id)
        if not article.is_public:
            self.rows.append(Row(article_id, article.revision, tombstone=True))
            for runs in self._runs.values():
                runs.add(document, ())
            return
        labels = [(str(label.kind), label.key, name) for label, name in article.label_names()]
        labels.append((LANGUAGE, article.language.lower(), article.language.lower()))
        for kind, key, name in labels:
            self._labels["\0".join((kind, key, name.replace("\0", " ")))].append(document)
        language = analysis.language_of(article.language)
        for field, texts in _texts(article).items():
            self._runs[field].add(document, [self._words.numbers(text, language) for text in texts if text])
        published = article.published or article.updated
        microseconds = (published - EPOCH) // timedelta(microseconds=1)
        day = (article.day or published.date()).toordinal()
        self.rows.append(Row(article_id, article.revision, published=microseconds, day=day))

    def lengths(self) -> dict[str, Array]:
        return {field: np.frombuffer(bytes(runs.lengths), np.uint8) for field, runs in self._runs.items()}

    def lists(self) -> Iterator[tuple[str, Lists]]:
        fields = {field.name: field for field in TEXT_FIELDS}
        for name in FIELDS:
            if name == FORM:
                yield name, self._forms()
            elif name == LABEL:
                yield name, self._labelled()
            else:
                yield name, self._text(fields[name])

    def _labelled(self) -> Lists:
        pairs = sorted((utf8(name), documents) for name, documents in self._labels.items())
        bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum([len(documents) for _, documents in pairs])))
        documents = _array(array("I", (document for _, held in pairs for document in held)))
        return Lists([name for name, _ in pairs], bounds.astype(np.int64), documents, np.ones(len(documents), np.int64))

    def _forms(self) -> Lists:
        """Every word as it is spelled, once for each document that has it in any field."""
        words = np.concatenate([_array(runs.words) for runs in self._runs.values()])
        documents = np.concatenate([runs.documents_of_words() for runs in self._runs.values()])
        terms, numbers = _ranked([word.form for word in self._words.words], words)
        entries = np.sort(numbers[words] * (len(self.rows) + 1) + documents)
        entries = entries[np.diff(entries, prepend=-1) > 0]
        of_term, documents = np.divmod(entries, len(self.rows) + 1)
        return Lists(terms, _bounds(of_term, len(terms)), documents, np.ones(len(documents), np.int64))

    def _text(self, field: TextField) -> Lists:
        runs = self._runs[field.name]
        words, documents, positions = _array(runs.words), runs.documents_of_words(), runs.positions()
        spelled = [word.terms[0] if field.stemmed else word.form for word in self._words.words]
        others = [word.terms[-1] if field.stemmed else word.form for word in self._words.words]
        differ = np.array([first != second for first, second in zip(spelled, others, strict=True)])[words]
        terms, numbers = _ranked(spelled, words, others)
        of_term = numbers[: len(spelled)][words]
        if differ.any():  # found by another term, too: without its accents
            of_term = np.concatenate((of_term, numbers[len(spelled) :][words[differ]]))
            documents = np.concatenate((documents, documents[differ]))
            positions = np.concatenate((positions, positions[differ]))
            order = np.lexsort((positions, documents, of_term))
        else:
            # In the order of documents and positions already: a number that says term and place sorts fastest.
            order = np.sort(of_term * len(of_term) + np.arange(len(of_term))) % max(len(of_term), 1)
        return _lists(terms, of_term[order], documents[order], positions[order])


def _lists(terms: Sequence[bytes], of_term: Array, documents: Array, positions: Array) -> Lists:
    """From words in the order of terms, documents and positions."""
    begins = np.ones(len(of_term), np.bool_)
    begins[1:] = (of_term[1:] != of_term[:-1]) | (documents[1:] != documents[:-1])
    starts = np.flatnonzero(begins)
    steps = np.diff(positions, prepend=0)
    steps[starts] = positions[starts]
    places, ends = encoded(steps)
    return Lists(
        terms,
        _bounds(of_term[starts], len(terms)),
        documents[starts],
        np.diff(starts, append=len(of_term)),
        places,
        np.append(ends[:-1][starts], ends[-1]),
    )


def _ranked(spelled: Sequence[str], words: Array, others: Sequence[str] = ()) -> tuple[list[bytes], Array]:
    """The terms of those words that occur, in the order of their bytes, and each word's place among them.

    `others`: second terms of the same words; their places come after those of the first."""
    numbers = np.flatnonzero(np.bincount(words, minlength=1)).tolist()
    both = len(spelled) if others else 0
    used = [(number, utf8(spelled[number])) for number in numbers]
    used += [(number + both, utf8(others[number])) for number in numbers if others]
    terms = sorted({term for _, term in used})
    rank = {term: place for place, term in enumerate(terms)}
    places = np.zeros(len(spelled) + len(others), np.int64)
    if used:
        places[[number for number, _ in used]] = [rank[term] for _, term in used]
    return terms, places


def _bounds(of_term: Array, terms: int) -> Array:
    return np.searchsorted(of_term, np.arange(terms + 1))


def _texts(article: Article) -> dict[str, tuple[str, ...]]:
    return {
        "title": (article.title,),
        "summary": (article.summary or "",),
        "body": (article.text,),
        "author": tuple(author.name for author in article.authors),
        "tag": article.tags,
        "section": (article.section or "",),
    }


def _array(numbers: array[int]) -> Array:
    return np.frombuffer(numbers, np.uint32).astype(np.int64) if numbers else np.empty(0, np.int64)


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # half a character must not keep a whole batch out
