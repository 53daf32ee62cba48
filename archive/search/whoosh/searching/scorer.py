"""Matches and scores documents: BM25, computed over whole posting lists at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final, TypeVar

import numpy as np

from archive.search.deadline import Deadline, TooLateError
from archive.search.edit_distance import FuzzyWord
from archive.search.fields import FORM, TextField, text_fields
from archive.search.query import Field, Fuzzy, Group, Node, Phrase, Wildcard, Word
from archive.search.whoosh.arrays import Array, Mask, intersects, union_sorted
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import LiveSegment, Snapshot
from archive.search.whoosh.searching.doc_values import K1, doc_values
from archive.search.whoosh.searching.terms import STRIDE, Terms, term_dictionary
from archive.search.whoosh.segment.postings import NO_POSTINGS, PostingList
from archive.search.whoosh.segment.segment import Segment

WEIGHTS: Final[Mapping[str, float]] = {Field.TITLE: 1.5}  # factors on fields; all others 1
MAX_EXPANSIONS: Final = 200  # words that a wildcard or fuzzy word is expanded to
WORDS_PER_CHECK: Final = 5000  # words between two checks of the deadline
PHRASE_CHUNK: Final = 100_000  # documents whose positions are in memory together
SPARSE_RATIO: Final = 8  # with fewer than one posting per this many documents, scores are summed by sorting

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Matching documents with their scores, in pieces of sorted, distinct documents. A document's score is the sum over
    the pieces, which are summed only at the end.

    `size`: the number of all documents."""

    size: int
    pieces: Sequence[tuple[Array, Array]] = ()

    def __add__(self, other: Matches) -> Matches:
        return Matches(self.size, (*self.pieces, *other.pieces))

    def summed(self) -> tuple[Array, Array]:
        """The documents, sorted and distinct, with their total scores."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        if not self.pieces:
            return np.empty(0, np.int64), np.empty(0, np.float64)
        documents = np.concatenate([piece[0] for piece in self.pieces])
        scores = np.concatenate([piece[1] for piece in self.pieces])
        if len(documents) * SPARSE_RATIO < self.size:
            unique, at = np.unique(documents, return_inverse=True)
            return unique, np.bincount(at, scores, len(unique))
        found = np.flatnonzero(self.mask())
        return found, np.bincount(documents, scores, self.size)[found]

    def dense(self) -> Array:
        """The score of every document; 0 for one that does not match."""
        documents, scores = self.summed()
        dense = np.zeros(self.size)
        dense[documents] = scores
        return dense

    def mask(self) -> Mask:
        mask = np.zeros(self.size, np.bool_)
        for documents, _ in self.pieces:
            mask[documents] = True
        return mask

    def count(self) -> int:
        if len(self.pieces) < 2:
            return len(self.pieces[0][0]) if self.pieces else 0
        return int(np.count_nonzero(self.mask()))

    def times(self, factor: float | Array) -> Matches:
        return Matches(self.size, [(documents, scores * factor) for documents, scores in self.pieces])


class Scorer:
    """Scores a query in a snapshot. `notes`: sentences that name the parts omitted to bound the cost."""

    def __init__(self, snapshot: Snapshot, cache: Cache, deadline: Deadline) -> None:
        self.terms = Terms(snapshot, cache)
        self.values = doc_values(snapshot)
        self._cache = cache
        self._languages = snapshot.languages
        self._live_count = snapshot.live_count
        self.deadline = deadline
        self._idfs: dict[tuple[str, Field | None], float] = {}
        self.notes: list[str] = []

    def matches(self, node: Node) -> Matches:
        """The live documents that match a node, with their scores."""
        if self.is_late():
            return self._nothing()
        if isinstance(node, Word):
            return self._word(node.text, node.field)
        if isinstance(node, Phrase):
            return self._phrase(node)
        if isinstance(node, Wildcard):
            return self._wildcard(node)
        if isinstance(node, Fuzzy):
            return self._fuzzy(node)
        return self._group(node)

    def everything(self) -> Matches:
        live = self.values.live
        documents = np.arange(self.values.size) if live is None else np.flatnonzero(live)
        return Matches(self.values.size, [(documents, np.zeros(len(documents)))])

    def is_late(self) -> bool:
        """Whether the deadline has passed; adds a note if so."""
        if not self.deadline.passed():
            return False
        note = "The search took too long; the results may be incomplete."
        if note not in self.notes:
            self.notes.append(note)
        return True

    def idf(self, word: Word) -> float:
        """The inverse document frequency of a query word; 0 for a word that was not searched for."""
        return self._idfs.get((word.text, word.field), 0.0)

    def _nothing(self) -> Matches:
        return Matches(self.values.size)

    def _group(self, group: Group) -> Matches:
        if group.must:
            found = self._all_of(group)
        elif group.wanted:
            found = self._nothing()
            for node in group.wanted:
                found += self.matches(node)
        else:
            found = self.everything()
        if not group.must_not:
            return found
        documents, scores = found.summed()
        forbidden = np.zeros(self.values.size, np.bool_)
        for node in group.must_not:
            forbidden |= self.matches(node).mask()
        if self.is_late():
            return self._nothing()  # forbidden documents cannot be excluded: better no results than wrong ones
        kept = ~forbidden[documents]
        return Matches(self.values.size, [(documents[kept], scores[kept])])

    def _all_of(self, group: Group) -> Matches:
        documents, scores = self.matches(group.must[0]).summed()
        for node in group.must[1:]:
            if not len(documents):
                break
            if self.is_late():
                return self._nothing()  # a required word is unchecked: better no results than wrong ones
            others, more = self.matches(node).summed()
            if len(others) < len(documents):
                documents, scores, others, more = others, more, documents, scores
            common = np.flatnonzero(intersects(documents, others))
            documents = documents[common]
            scores = scores[common] + more[np.searchsorted(others, documents)]
        for node in group.wanted if len(documents) else ():
            scores = scores + self.matches(node).dense()[documents]
        return Matches(self.values.size, [(documents, scores)])

    def _word(self, word: str, wanted: Field | None) -> Matches:
        """The sum of BM25 over the fields, with the document frequency in all of these fields together."""
        lists = ((field.name, self.terms.word(word, field)) for field in text_fields(wanted))
        found = self._frequency_scores(lists)
        self._idfs[word, wanted] = self._idf_of(found.count())
        return found.times(self._idfs[word, wanted])

    def _idf_of(self, count: int) -> float:
        return math.log(1 + (self._live_count - count + 0.5) / (count + 0.5))

    def _frequency_scores(self, lists: Iterable[tuple[str, PostingList]]) -> Matches:
        """BM25 without the idf. `lists`: posting lists with the names of their fields."""
        pieces = []
        for field, postings in lists:
            if len(postings.documents):
                factor = np.float32(WEIGHTS.get(field, 1.0) * (K1 + 1))
                norms = self.values.norms(field)[self.values.lengths(field)[postings.documents]]
                pieces.append((postings.documents, factor * postings.weights / (postings.weights + norms)))
        return Matches(self.values.size, pieces)

    def _phrase(self, phrase: Phrase) -> Matches:
        found = self._frequency_scores(
            (field.name, self._phrase_postings(phrase.words, field)) for field in text_fields(phrase.field)
        )
        return found.times(self._idf_of(found.count()))

    def _phrase_postings(self, words: Sequence[str], field: TextField) -> PostingList:
        """The posting list of a phrase, as if it were a term."""
        try:
            return self.terms.cached((field.name, tuple(words)), lambda: self._read_phrase(words, field))
        except TooLateError:
            return NO_POSTINGS

    def _read_phrase(self, words: Sequence[str], field: TextField) -> PostingList:
        """Like `_phrase_postings`, but raises TooLateError, since an incomplete list must not be cached."""
        documents: Array | None = None
        for others in sorted((self.terms.word(word, field).documents for word in dict.fromkeys(words)), key=len):
            documents = others if documents is None else documents[intersects(documents, others)]
        if documents is None or not len(documents):
            return NO_POSTINGS
        # In chunks: the positions of a common word in all documents would take too much memory.
        chunks = np.split(documents, range(PHRASE_CHUNK, len(documents), PHRASE_CHUNK))
        counts = np.concatenate([self._count_phrase(words, field, chunk) for chunk in chunks])
        with_phrase = np.flatnonzero(counts)
        return PostingList(documents[with_phrase], counts[with_phrase].astype(np.float32))

    def _count_phrase(self, words: Sequence[str], field: TextField, documents: Array) -> Array:
        """The frequency of the phrase in each of these documents. Raises TooLateError."""
        keys: dict[str, Array] = {}
        for word in dict.fromkeys(words):
            if self.is_late():
                raise TooLateError
            keys[word] = self.terms.word_keys(word, field, documents)
        offsets = sorted(range(len(words)), key=lambda offset: len(keys[words[offset]]))
        starts = keys[words[offsets[0]]] - offsets[0]
        for offset in offsets[1:]:
            starts = starts[intersects(starts + offset, keys[words[offset]])]
        return np.bincount(starts // STRIDE, minlength=len(documents))

    def _wildcard(self, node: Wildcard) -> Matches:
        matches = node.expression.fullmatch if node.pattern != f"{node.prefix}*" else None

        def find(segment: Segment) -> dict[str, int]:
            known = segment.vocabulary(FORM, node.prefix.encode("utf-8", "replace"))
            words = ((term.decode("utf-8", "replace"), count) for term, count in self._in_time(known))
            return {word: count for word, count in words if matches is None or matches(word)}

        return self._one_term(self._expanded(node.pattern, node.pattern, find, node.field))

    def _fuzzy(self, node: Fuzzy) -> Matches:
        fuzzy = FuzzyWord.of(node.text, node.edits, self._languages)

        def find(segment: Segment) -> dict[str, int]:
            dictionary = term_dictionary(segment, FORM, self._cache)
            words: dict[str, int] = {}
            for numbers in self._in_time(dictionary.fuzzy_candidates(fuzzy), every=1):
                candidates = [term.decode("utf-8", "replace") for term in dictionary.terms(numbers)]
                matching = np.array([fuzzy.matches(word) for word in candidates], np.bool_)
                counts = dictionary.counts(numbers[matching]).tolist()
                words.update(zip(compress(candidates, matching), counts, strict=True))
            return words

        typed = f"{node.text}~"
        similar = self._one_term(self._expanded((typed, node.edits, self._languages), typed, find, node.field))
        return similar + self._word(node.text, node.field)  # so that documents with the word as typed rank first

    def _in_time(self, items: Iterable[T], *, every: int = WORDS_PER_CHECK) -> Iterator[T]:
        """The items. Raises TooLateError between two of them, since an incomplete list must not be cached."""
        for number, each in enumerate(items):
            if number % every == 0 and self.is_late():
                raise TooLateError
            yield each

    def _expanded(
        self, key: Hashable, typed: str, find: Callable[[Segment], dict[str, int]], field: Field | None
    ) -> Array:
        """The documents with any of the words that `find` returns, or of the MAX_EXPANSIONS most frequent of them.

        `key` identifies the words in the cache; `typed` is the expanded word, for the note."""
        try:
            by_segment, is_complete = self.terms.expand(key, FORM, find, MAX_EXPANSIONS)
        except TooLateError:
            return np.empty(0, np.int64)
        chosen = frozenset(word for words in by_segment for word in words)
        if not is_complete:
            self.notes.append(f"“{typed}” matches too many words; only the most frequent were searched for.")
        words_of = dict(zip(self.terms.segments, by_segment, strict=True))

        def forms(part: LiveSegment) -> Iterable[bytes]:
            return [word.encode() for word in words_of[part]]

        key_of_choice = key if is_complete else (key, chosen)
        if field is None:
            return self.terms.union(("any of", key_of_choice), forms, FORM)
        pieces = [np.empty(0, np.int64)]
        for text_field in text_fields(field):
            for word in sorted(chosen):
                if self.is_late():
                    break
                # The index does not record which field a form is in, but it does for its stem.
                with_form = self.terms.term(FORM, word).documents
                pieces.append(with_form[intersects(with_form, self.terms.word(word, text_field).documents)])
        return union_sorted(pieces)

    def _one_term(self, documents: Array) -> Matches:
        """Matches of one pseudo-term with these documents: each scores the term's idf."""
        return Matches(self.values.size, [(documents, np.full(len(documents), self._idf_of(len(documents))))])
