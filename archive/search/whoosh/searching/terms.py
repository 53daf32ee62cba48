"""The terms of a snapshot: their posting lists and positions, joined over all segments."""

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
from archive.search.whoosh.segment.postings import NO_POSTINGS, Positions, PostingList, read_positions, read_postings
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import TermDictionary

STRIDE: Final = 1 << 24  # exceeds the number of words in a text: a key, document * STRIDE + position, is unique
LONG_LIST_THRESHOLD: Final = 200_000  # postings; of longer lists, positions are decoded for the wanted documents only
MAX_UNCACHED_TERMS: Final = 4  # a union of up to this many terms is not cached, since their posting lists are
_WORD_BYTES: Final = 130  # estimated size of a word in a list
_NO_KEYS: Final = np.empty(0, np.int64)


class Terms:
    """Reads terms of a snapshot. Documents are live, and numbered consecutively across segments."""

    def __init__(self, snapshot: Snapshot, cache: Cache) -> None:
        self.segments = snapshot.segments
        self._key = snapshot.key
        self._values = doc_values(snapshot)
        self._languages = snapshot.languages
        self._cache = cache
        self._has_deleted = snapshot.deleted_count > 0

    def language_counts(self) -> Mapping[str, int]:
        """The number of live documents by the language of their analysis."""

        def load() -> Counter[str]:
            counts: Counter[str] = Counter()
            for part in self.segments:
                for tag, count in self._tag_counts(part):
                    counts[analysis.language_of(tag)] += count
            return counts

        return self._cache.get((self._key, LANGUAGE), load, lambda value: _WORD_BYTES * len(value))

    def _tag_counts(self, part: LiveSegment) -> Iterator[tuple[str, int]]:
        """The number of live documents of a segment by language tag. Each document has one tag, so the count of the
        most frequent tag is the remainder, and its posting list is not read."""
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
        """The posting list of a word. If languages stem it differently, the highest weight counts."""
        return _highest(self.term(field.name, term) for term in field.terms_of(word, self._languages))

    def term(self, field: str, term: str) -> PostingList:
        """The posting list of a term."""
        encoded = _utf8(term)
        return self._joined(lambda part: self._postings(part.segment, field, encoded))

    def live_count(self, number: int, field: str, term: bytes) -> int:
        """The number of live documents of one segment with a term."""
        documents = self._postings(self.segments[number].segment, field, term).documents
        live = self._values.live
        if live is None:
            return len(documents)
        return int(np.count_nonzero(live[documents + np.int64(self._values.bases[number])]))

    def documents_with(self, field: str, terms: Collection[str]) -> Array:
        """The documents with any of the terms, sorted."""
        if len(terms) == 1:
            return self.term(field, next(iter(terms))).documents
        if len(terms) <= MAX_UNCACHED_TERMS:
            lists = [self.term(field, term).documents for term in terms]
            return union_sorted([each for each in lists if len(each)] or [_NO_KEYS])
        encoded = [_utf8(term) for term in terms]
        return self.union(("any of", tuple(encoded)), lambda _: encoded, field)

    def cached(self, key: Hashable, load: Callable[[], PostingList]) -> PostingList:
        """A posting list of the whole snapshot: the cached one for this key, or the result of `load`."""
        return self._cache.get((self._key, key), load, lambda value: value.nbytes)

    def union(self, key: Hashable, terms_of: Callable[[LiveSegment], Iterable[bytes]], field: str) -> Array:
        """The documents with any of the terms, sorted. `key` identifies the terms in the cache."""

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
        """By segment, the words that `find` returns with their document frequencies, and whether these are all: at
        most the `limit` most frequent are included. `key` identifies the search in the cache."""

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
        """The positions of any of the terms in these sorted documents, as sorted keys: STRIDE times the index of the
        document in `documents`, plus the position. `keep`: decode and cache whole lists."""
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
            matching = np.flatnonzero(found.documents[at] == wanted) if len(found.documents) else at[:0]
            if len(matching):
                at = at[matching]
                starts, counts = found.starts[at], found.starts[at + 1] - found.starts[at]
                keys = np.repeat((matching + begin) * STRIDE, counts)
                keys += found.positions[_ranges(starts, counts)]
                yield keys

    # Segments --------------------------------------------------------------------------------------------

    def _joined(self, load: Callable[[LiveSegment], PostingList], *, with_weights: bool = True) -> PostingList:
        """The posting lists of all segments joined: live documents only, renumbered for the snapshot."""
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
            # A missing term costs Whoosh much more time than the dictionary.
            known = term_dictionary(segment, field, self._cache).count(term)
            return read_postings(segment, field, term) if known else NO_POSTINGS

        return self._cache.get((segment.name, field, term), load, lambda value: value.nbytes)

    def _positions(self, segment: Segment, field: str, term: bytes, wanted: Array, keep: bool) -> Positions:
        if not keep:
            return read_positions(segment, field, term, wanted=wanted)
        if len(self._postings(segment, field, term).documents) > LONG_LIST_THRESHOLD:
            found = read_positions(segment, field, term, wanted=wanted)
            self._cache.count(found.nbytes)
            return found
        key = segment.name, field, term, "positions"
        return self._cache.get(key, lambda: read_positions(segment, field, term), lambda value: value.nbytes)


def _highest(lists: Iterable[PostingList]) -> PostingList:
    """The union of posting lists, with the highest weight of each document."""
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
    """The concatenated ranges of `counts[n]` consecutive numbers from `starts[n]`."""
    counts = counts.astype(np.int64)
    before = np.cumsum(counts) - counts
    numbers: Array = np.repeat(starts.astype(np.int64) - before, counts)
    numbers += np.arange(len(numbers))
    return numbers


def term_dictionary(segment: Segment, field: str, cache: Cache) -> TermDictionary:
    """The cached term dictionary of a field. Small, since its data are in the mapped file."""
    return cache.get((segment.name, field, "dictionary"), lambda: TermDictionary(segment, field), lambda _: 1000)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
