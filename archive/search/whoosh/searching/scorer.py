"""Which documents of the embedded index answer a query, and how well: BM25 over whole posting lists at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final, TypeVar

import numpy as np

from archive.search import analysis
from archive.search.query import Field, Fuzzy, Group, Node, Phrase, Wildcard, Word
from archive.search.whoosh.arrays import Array, Mask, among, merged
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Part, Snapshot
from archive.search.whoosh.searching.deadline import Deadline, TooLateError
from archive.search.whoosh.searching.doc_values import K1
from archive.search.whoosh.searching.terms import STRIDE, Terms, table
from archive.search.whoosh.segment.postings import NOWHERE, Counted
from archive.search.whoosh.segment.schema import FORM, TEXT_FIELDS, TextField
from archive.search.whoosh.segment.segment import Segment

WEIGHTS: Final[Mapping[str, float]] = {Field.TITLE: 1.5}  # all others 1
MOST_EXPANSIONS: Final = 200  # words that one wildcard or fuzzy word stands for
LOOKED_AT: Final = 5000  # words, between two looks at the clock
LOOKED_THROUGH: Final = 100_000  # documents whose positions are in memory together
SPARSE: Final = 8  # postings fewer than a document in so many are added up by sorting

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What was found, in pieces: documents in order, each once, and what each is worth. They are added up last,
    all at once. `size`: of the numbers of documents."""

    size: int
    pieces: Sequence[tuple[Array, Array]] = ()

    def __add__(self, other: Matches) -> Matches:
        return Matches(self.size, (*self.pieces, *other.pieces))

    def settled(self) -> tuple[Array, Array]:
        """The documents in order, each once, with their sums."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        if not self.pieces:
            return np.empty(0, np.int64), np.empty(0, np.float64)
        documents = np.concatenate([piece[0] for piece in self.pieces])
        scores = np.concatenate([piece[1] for piece in self.pieces])
        if len(documents) * SPARSE < self.size:
            unique, places = np.unique(documents, return_inverse=True)
            return unique, np.bincount(places, scores, len(unique))
        found = np.flatnonzero(self.mask())
        return found, np.bincount(documents, scores, self.size)[found]

    def dense(self) -> Array:
        """What every document is worth, 0 for those that were not found."""
        documents, scores = self.settled()
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
    """Scores one query in one snapshot. `notes` say what was left out to bound the cost."""

    def __init__(self, snapshot: Snapshot, cache: Cache, deadline: Deadline) -> None:
        self.terms = Terms(snapshot, cache)
        self.columns = snapshot.columns
        self._cache = cache
        self._languages = snapshot.languages
        self._living = snapshot.living
        self.deadline = deadline
        self._worths: dict[tuple[str, Field | None], float] = {}
        self.notes: list[str] = []

    def matches(self, node: Node) -> Matches:
        """The living documents that match."""
        if self.late():
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
        alive = self.columns.alive
        documents = np.arange(self.columns.size) if alive is None else np.flatnonzero(alive)
        return Matches(self.columns.size, [(documents, np.zeros(len(documents)))])

    def late(self) -> bool:
        """Whether the time is up; then a note says so."""
        if not self.deadline.passed():
            return False
        note = "The search took too long: not all of it was searched for."
        if note not in self.notes:
            self.notes.append(note)
        return True

    def worth(self, word: Word) -> float:
        """What the rarity of a word of the query says; 0 for one that was not looked for."""
        return self._worths.get((word.text, word.field), 0.0)

    def _nothing(self) -> Matches:
        return Matches(self.columns.size)

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
        documents, scores = found.settled()
        forbidden = np.zeros(self.columns.size, np.bool_)
        for node in group.must_not:
            forbidden |= self.matches(node).mask()
        if self.late():
            return self._nothing()  # better nothing than what is forbidden
        kept = ~forbidden[documents]
        return Matches(self.columns.size, [(documents[kept], scores[kept])])

    def _all_of(self, group: Group) -> Matches:
        documents, scores = self.matches(group.must[0]).settled()
        for node in group.must[1:]:
            if not len(documents):
                break
            if self.late():
                return self._nothing()  # better nothing than what lacks a word that must be there
            others, more = self.matches(node).settled()
            if len(others) < len(documents):
                documents, scores, others, more = others, more, documents, scores
            held = np.flatnonzero(among(documents, others))
            documents = documents[held]
            scores = scores[held] + more[np.searchsorted(others, documents)]
        for node in group.wanted if len(documents) else ():
            scores = scores + self.matches(node).dense()[documents]
        return Matches(self.columns.size, [(documents, scores)])

    def _word(self, word: str, wanted: Field | None) -> Matches:
        """The sum of BM25 over the fields. How rare a word is, is counted over all of them together."""
        lists = ((field.name, self.terms.word(word, field)) for field in fields_of(wanted))
        found = self._weighed(lists)
        self._worths[word, wanted] = self._worth(found.count())
        return found.times(self._worths[word, wanted])

    def _worth(self, count: int) -> float:
        return math.log(1 + (self._living - count + 0.5) / (count + 0.5))

    def _weighed(self, lists: Iterable[tuple[str, Counted]]) -> Matches:
        pieces = []
        for field, counted in lists:
            if len(counted.documents):
                factor = np.float32(WEIGHTS.get(field, 1.0) * (K1 + 1))
                norms = self.columns.norms(field)[self.columns.lengths(field)[counted.documents]]
                pieces.append((counted.documents, factor * counted.weights / (counted.weights + norms)))
        return Matches(self.columns.size, pieces)

    def _phrase(self, phrase: Phrase) -> Matches:
        found = self._weighed((field.name, self._following(phrase.words, field)) for field in fields_of(phrase.field))
        return found.times(self._worth(found.count()))

    def _following(self, words: Sequence[str], field: TextField) -> Counted:
        """How often the words follow one another, as if the phrase were a term."""
        try:
            return self.terms.kept((field.name, tuple(words)), lambda: self._followed(words, field))
        except TooLateError:
            return NOWHERE

    def _followed(self, words: Sequence[str], field: TextField) -> Counted:
        """Raises TooLateError, since what is not whole must not be kept."""
        documents: Array | None = None
        for held in sorted((self.terms.word(word, field).documents for word in dict.fromkeys(words)), key=len):
            documents = held if documents is None else documents[among(documents, held)]
        if documents is None or not len(documents):
            return NOWHERE
        # Piece by piece: the positions of a common word in all of them would take much memory at once.
        pieces = np.split(documents, range(LOOKED_THROUGH, len(documents), LOOKED_THROUGH))
        counts = np.concatenate([self._followed_in(words, field, piece) for piece in pieces])
        held = np.flatnonzero(counts)
        return Counted(documents[held], counts[held].astype(np.float32))

    def _followed_in(self, words: Sequence[str], field: TextField, documents: Array) -> Array:
        """How often the words follow one another in each of these documents."""
        places: dict[str, Array] = {}
        for word in dict.fromkeys(words):
            if self.late():
                raise TooLateError
            places[word] = self.terms.keys(word, field, documents)
        offsets = sorted(range(len(words)), key=lambda offset: len(places[words[offset]]))
        starts = places[words[offsets[0]]] - offsets[0]
        for offset in offsets[1:]:
            starts = starts[among(starts + offset, places[words[offset]])]
        return np.bincount(starts // STRIDE, minlength=len(documents))

    def _wildcard(self, node: Wildcard) -> Matches:
        fits = node.expression.fullmatch if node.pattern != f"{node.prefix}*" else None

        def found(segment: Segment) -> dict[str, int]:
            known = segment.vocabulary(FORM, node.prefix.encode("utf-8", "replace"))
            words = ((term.decode("utf-8", "replace"), count) for term, count in self._in_time(known))
            return {word: count for word, count in words if fits is None or fits(word)}

        return self._alike(self._like(node.pattern, node.pattern, found, node.field))

    def _fuzzy(self, node: Fuzzy) -> Matches:
        alike = analysis.Alike.to(node.text, node.edits, self._languages)

        def found(segment: Segment) -> dict[str, int]:
            known = table(segment, FORM, self._cache)
            words: dict[str, int] = {}
            for numbers in self._in_time(known.like(alike), every=1):
                spelled = [term.decode("utf-8", "replace") for term in known.terms(numbers)]
                fitting = np.array([alike.fits(word) for word in spelled], np.bool_)
                words.update(zip(compress(spelled, fitting), known.counts(numbers[fitting]).tolist(), strict=True))
            return words

        typed = f"{node.text}~"
        similar = self._alike(self._like((typed, node.edits, self._languages), typed, found, node.field))
        return similar + self._word(node.text, node.field)  # spelled right comes first

    def _in_time(self, several: Iterable[T], *, every: int = LOOKED_AT) -> Iterator[T]:
        """Raises TooLateError between two of them: what is not whole must not be kept."""
        for place, each in enumerate(several):
            if place % every == 0 and self.late():
                raise TooLateError
            yield each

    def _like(
        self, key: Hashable, typed: str, found: Callable[[Segment], dict[str, int]], field: Field | None
    ) -> Array:
        """The documents that have a word that is found so; of too many words, the most frequent are taken."""
        try:
            by_part, are_all = self.terms.words_like(key, FORM, found, MOST_EXPANSIONS)
        except TooLateError:
            return np.empty(0, np.int64)
        chosen = frozenset(word for words in by_part for word in words)
        if not are_all:
            self.notes.append(f"“{typed}” stands for too many words; only the most frequent were searched for.")
        parts = dict(zip(self.terms.parts, by_part, strict=True))

        def forms(part: Part) -> Iterable[bytes]:
            return [word.encode() for word in parts[part]]

        key_of_choice = key if are_all else (key, chosen)
        if field is None:
            return self.terms.union(("any of", key_of_choice), forms, FORM)
        pieces = [np.empty(0, np.int64)]
        for text_field in fields_of(field):
            for word in sorted(chosen):
                if self.late():
                    break
                # Which field has a form is not kept; which has its stem, is.
                of_form = self.terms.term(FORM, word).documents
                pieces.append(of_form[among(of_form, self.terms.word(word, text_field).documents)])
        return merged(pieces)

    def _alike(self, documents: Array) -> Matches:
        """Every document gets the same: what one word in as many documents would be worth."""
        return Matches(self.columns.size, [(documents, np.full(len(documents), self._worth(len(documents))))])


def fields_of(field: Field | None) -> list[TextField]:
    return [known for known in TEXT_FIELDS if field in (None, known.name)]
