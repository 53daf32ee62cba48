"""The terms of a snapshot: their documents and positions, through all of its segments."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from archive.search import analysis
from archive.search.fields import LABEL, LANGUAGE, LabelTerm, TextField
from archive.search.whoosh.arrays import Array, union_sorted
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import LiveSegment, Snapshot
from archive.search.whoosh.searching.doc_values import doc_values
from archive.search.whoosh.segment.postings import (
    NO_POSTINGS,
    Positions,
    PostingList,
    read_positions,
    read_postings,
)
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import TermDictionary

STRIDE: Final = 1 << 24  # more than the words of a text, so that a document and a position make one number
LONG_LIST: Final = 200_000  # postings; in a longer list, only the positions in the documents wanted are decoded
FEW_TERMS: Final = 4  # whose union is not cached: the lists are
_WORD_BYTES: Final = 130  # of a word in a list of words
_NO_KEYS: Final = np.empty(0, np.int64)


class Terms:
    """Documents are numbered through all segments, and are live ones."""

    def __init__(self, snapshot: Snapshot, cache: Cache) -> None:
        self.segments = snapshot.segments
        self._key = snapshot.key
        self._values = doc_values(snapshot)
        self._languages = snapshot.languages
        self._cache = cache
        self._has_deleted = snapshot.deleted_count > 0

    def language_counts(self) -> Mapping[str, int]:
        """The live documents by the language of their analysis."""

        def load() -> Counter[str]:
            counts: Counter[str] = Counter()
            for part in self.segments:
                for tag, count in self._tag_counts(part):
                    counts[analysis.language_of(tag)] += count
            return counts

        return self._cache.get((self._key, LANGUAGE), load, lambda value: _WORD_BYTES * len(value))

    def _tag_counts(self, part: LiveSegment) -> Iterator[tuple[str, int]]:
        """The live documents of a segment by language tag. Each has one, so that the list of the most frequent tag need
        not be read: it is the rest."""
        tags = sorted(part.segment.vocabulary(LABEL, f"{LANGUAGE}\0".encode()), key=lambda pair: pair[1])
        rest = part.live_count
        for number, (term, count) in enumerate(tags, start=1):
            if number == len(tags):
                count = rest
            elif part.deleted:
                tagged = self._postings(part.segment, LABEL, term).documents
                count -= int(np.count_nonzero(np.isin(tagged, list(part.deleted))))
            rest -= count
            yield LabelTerm.parse(term.decode()).key, count

    def word(self, word: str, field: TextField) -> PostingList:
        """The documents that have a word. Where languages differ about its stem, the higher weight counts."""
        return _highest(self.term(field.name, term) for term in field.terms_of(word, self._languages))

    def term(self, field: str, term: str) -> PostingList:
        """The documents that have a term."""
        encoded = _utf8(term)
        return self._joined(lambda part: self._postings(part.segment, field, encoded))

    def live_count(self, number: int, field: str, term: bytes) -> int:
        """The documents of one segment that have a term."""
        documents = self._postings(self.segments[number].segment, field, term).documents
        live = self._values.live
        if live is None:
            return len(documents)
        return int(np.count_nonzero(live[documents + np.int64(self._values.bases[number])]))

    def documents_with(self, field: str, terms: Collection[str]) -> Array:
        """The documents that have any of the terms, sorted."""
        if len(terms) == 1:
            return self.term(field, next(iter(terms))).documents
        if len(terms) <= FEW_TERMS:
            lists = [self.term(field, term).documents for term in terms]
            return union_sorted([each for each in lists if len(each)] or [_NO_KEYS])
        encoded = [_utf8(term) for term in terms]
        return self.union(("any of", tuple(encoded)), lambda _: encoded, field)

    def cached(self, key: Hashable, load: Callable[[], PostingList]) -> PostingList:
        """A posting list for the snapshot as a whole, now or since the commit."""
        return self._cache.get((self._key, key), load, lambda value: value.nbytes)

    def union(self, key: Hashable, terms_of: Callable[[LiveSegment], Iterable[bytes]], field: str) -> Array:
        """The documents that have any of the terms, sorted; `key` identifies the terms."""

        def united(part: LiveSegment) -> PostingList:
            known = term_dictionary(part.segment, field, self._cache)
            lists = [
                self._postings(part.segment, field, term).documents for term in terms_of(part) if known.count(term)
            ]
            return PostingList(union_sorted(lists), NO_POSTINGS.weights) if lists else NO_POSTINGS

        def load(part: LiveSegment) -> PostingList:
            return self._cache.get((part.segment.name, field, key), lambda: united(part), lambda value: value.nbytes)

        return self._joined(load, with_weights=False).documents

    def expand(
        self, key: Hashable, field: str, find: Callable[[Segment], dict[str, int]], limit: int
    ) -> tuple[list[list[str]], bool]:
        """By segment, the words that `find` gives with their numbers of documents, and whether they are all: of more
        than `limit`, the most frequent are taken. `key` identifies what `find` looks for."""

        def words_of(segment: Segment) -> dict[str, int]:
            name = segment.name, field, key, "words"
            return self._cache.get(name, lambda: find(segment), lambda words: _WORD_BYTES * len(words))

        def load() -> tuple[list[list[str]], bool]:
            by_segment = [words_of(part.segment) for part in self.segments]
            counts: Counter[str] = Counter()
            for words in by_segment:
                counts.update(words)
            best = set(heapq.nsmallest(limit, counts, key=lambda word: (-counts[word], word)))
            return [[word for word in words if word in best] for words in by_segment], len(best) == len(counts)

        name = self._key, field, key, "words"
        return self._cache.get(name, load, lambda value: _WORD_BYTES * sum(map(len, value[0])))

    # Positions -------------------------------------------------------------------------------------------

    def word_keys(self, word: str, field: TextField, documents: Array) -> Array:
        """`keys` of the terms of a word."""
        return self.keys(field.name, field.terms_of(word, self._languages), documents)

    def keys(self, field: str, terms: Collection[str], documents: Array, *, keep: bool = True) -> Array:
        """The positions of any of the terms in these sorted documents, as sorted numbers: STRIDE times the place of the
        document in `documents`, plus the position. `keep`: whether whole decoded lists go into the cache."""
        of_terms = [np.concatenate([_NO_KEYS, *self._keys(field, _utf8(term), documents, keep)]) for term in terms]
        return union_sorted(of_terms) if len(of_terms) > 1 else of_terms[0]

    def _keys(self, field: str, term: bytes, documents: Array, keep: bool) -> Iterator[Array]:
        bounds = np.searchsorted(documents, self._values.bases)
        for number, part in enumerate(self.segments):
            begin, end = int(bounds[number]), int(bounds[number + 1])
            if begin == end:
                continue
            wanted = (documents[begin:end] - self._values.bases[number]).astype(np.uint32)
            found = self._positions(part.segment, field, term, wanted, keep)
            at = np.searchsorted(found.documents, wanted)
            at[at == len(found.documents)] = 0
            having = np.flatnonzero(found.documents[at] == wanted) if len(found.documents) else at[:0]
            if len(having):
                at = at[having]
                starts, counts = found.starts[at], found.starts[at + 1] - found.starts[at]
                keys = np.repeat((having + begin) * STRIDE, counts)
                keys += found.positions[_ranges(starts, counts)]
                yield keys

    # Segments --------------------------------------------------------------------------------------------

    def _joined(self, load: Callable[[LiveSegment], PostingList], *, with_weights: bool = True) -> PostingList:
        """The live documents of all segments' lists, with the numbers that they have in the snapshot."""
        found = [
            (base, postings)
            for part, base in zip(self.segments, self._values.bases, strict=False)
            if len((postings := load(part)).documents)
        ]
        if not found:
            return NO_POSTINGS
        documents = np.concatenate([postings.documents + np.int64(base) for base, postings in found])
        weights = np.concatenate([postings.weights for _, postings in found]) if with_weights else NO_POSTINGS.weights
        if self._has_deleted and (live := self._values.live) is not None:
            are_live = live[documents]
            documents = documents[are_live]
            weights = weights[are_live] if with_weights else weights
        return PostingList(documents, weights)

    def _postings(self, segment: Segment, field: str, term: bytes) -> PostingList:
        def load() -> PostingList:
            # Whoosh takes much longer than the dictionary to say that a segment does not have a term.
            known = term_dictionary(segment, field, self._cache).count(term)
            return read_postings(segment, field, term) if known else NO_POSTINGS

        return self._cache.get((segment.name, field, term), load, lambda value: value.nbytes)

    def _positions(self, segment: Segment, field: str, term: bytes, wanted: Array, keep: bool) -> Positions:
        if not keep:
            return read_positions(segment, field, term, wanted=wanted)
        if len(self._postings(segment, field, term).documents) > LONG_LIST:
            found = read_positions(segment, field, term, wanted=wanted)
            self._cache.count(found.nbytes)
            return found
        key = segment.name, field, term, "positions"
        return self._cache.get(key, lambda: read_positions(segment, field, term), lambda value: value.nbytes)


def _highest(lists: Iterable[PostingList]) -> PostingList:
    """The union; of several weights of a document, the highest."""
    lists = [each for each in lists if len(each.documents)]
    if len(lists) < 2:
        return lists[0] if lists else NO_POSTINGS
    documents = np.concatenate([each.documents for each in lists])
    weights = np.concatenate([each.weights for each in lists])
    order = np.lexsort((weights, documents))
    documents, weights = documents[order], weights[order]
    last = np.append(documents[1:] != documents[:-1], True)
    return PostingList(documents[last], weights[last])


def _ranges(starts: Array, counts: Array) -> Array:
    """Consecutive numbers from each start on, so many each, one range after the other."""
    counts = counts.astype(np.int64)
    before = np.cumsum(counts) - counts
    numbers: Array = np.repeat(starts.astype(np.int64) - before, counts)
    numbers += np.arange(len(numbers))
    return numbers


def term_dictionary(segment: Segment, field: str, cache: Cache) -> TermDictionary:
    """Its data are in the mapped file."""
    return cache.get((segment.name, field, "dictionary"), lambda: TermDictionary(segment, field), lambda _: 1000)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
