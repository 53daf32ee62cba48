"""The terms of a snapshot: their documents and positions, through all of its segments."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from archive.search import analysis
from archive.search.whoosh.arrays import Array, merged
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Part, Snapshot
from archive.search.whoosh.segment.postings import NOWHERE, Counted, Placed, counted, placed
from archive.search.whoosh.segment.schema import LABEL, LANGUAGE, Named, TextField
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import Table

STRIDE: Final = 1 << 24  # more than there are words in a text: a document and a position make one number
WHOLE: Final = 200_000  # postings; of longer lists, positions are decoded for the documents that matter only
_EACH: Final = 130  # bytes of a word in a list of words
_NO_KEYS: Final = np.empty(0, np.int64)


class Terms:
    """What a snapshot says of terms. Documents are numbered through all of its segments."""

    def __init__(self, snapshot: Snapshot, cache: Cache) -> None:
        self.parts = snapshot.parts
        self._key = snapshot.key
        self._columns = snapshot.columns
        self._languages = snapshot.languages
        self._cache = cache
        self._deleted = any(part.deleted for part in snapshot.parts)

    def spoken(self) -> Mapping[str, int]:
        """By the rules of which language how many living articles were analysed."""

        def counts() -> Counter[str]:
            spoken: Counter[str] = Counter()
            for part in self.parts:
                for tag, count in self._tagged(part):
                    spoken[analysis.language_of(tag)] += count
            return spoken

        return self._cache.get((self._key, LANGUAGE), counts, lambda held: _EACH * len(held))

    def _tagged(self, part: Part) -> Iterator[tuple[str, int]]:
        """How many living articles of a segment carry each language tag: one each, so that those of the most frequent
        one need not be read, they are the rest."""
        counted = sorted(part.segment.vocabulary(LABEL, f"{LANGUAGE}\0".encode()), key=lambda pair: pair[1])
        rest = part.living
        for place, (term, count) in enumerate(counted, start=1):
            if place == len(counted):
                count = rest
            elif part.deleted:
                tagged = self._counted(part.segment, LABEL, term).documents
                count -= int(np.count_nonzero(np.isin(tagged, list(part.deleted))))
            rest -= count
            yield Named.of(term).key, count

    def word(self, word: str, field: TextField) -> Counted:
        """The documents that have a word. Where languages differ about its stem, the more frequent one counts."""
        return _most(self.term(field.name, term) for term in self.spellings(word, field))

    def spellings(self, word: str, field: TextField) -> tuple[str, ...]:
        """The terms that a word may stand in the index as."""
        return analysis.terms_in(word, self._languages) if field.stemmed else (analysis.fold(word),)

    def term(self, field: str, term: str) -> Counted:
        """The living documents that have a term."""
        encoded = term.encode("utf-8", "replace")
        return self._joined(lambda part: self._counted(part.segment, field, encoded))

    def kept(self, key: Hashable, found: Callable[[], Counted]) -> Counted:
        """What was found out about the snapshot as a whole, now or earlier."""
        return self._cache.get((self._key, key), found, lambda held: held.nbytes)

    def union(self, key: Hashable, terms_of: Callable[[Part], Iterable[bytes]], field: str) -> Array:
        """The living documents that have any of the terms; `key` says which terms."""

        def united(segment: Segment, terms: Iterable[bytes]) -> Counted:
            lists = [self._counted(segment, field, term).documents for term in terms]
            return Counted(merged(lists), NOWHERE.weights) if lists else NOWHERE

        def of(part: Part) -> Counted:
            name = (part.segment.name, field, key)
            return self._cache.get(name, lambda: united(part.segment, terms_of(part)), lambda held: held.nbytes)

        return self._joined(of, with_weights=False).documents

    def words_like(
        self, key: Hashable, field: str, found: Callable[[Segment], dict[str, int]], most: int
    ) -> tuple[list[list[str]], bool]:
        """By segment, the words of a field that were found in it, now or earlier; and whether they are all. `found` gives
        them with their numbers of documents: of more than `most`, the most frequent are taken. `key` says which words."""

        def held(segment: Segment) -> dict[str, int]:
            name = segment.name, field, key, "words"
            return self._cache.get(name, lambda: found(segment), lambda words: _EACH * len(words))

        def chosen() -> tuple[list[list[str]], bool]:
            by_segment = [held(part.segment) for part in self.parts]
            counts: Counter[str] = Counter()
            for words in by_segment:
                counts.update(words)
            best = set(heapq.nsmallest(most, counts, key=lambda word: (-counts[word], word)))
            return [[word for word in words if word in best] for words in by_segment], len(best) == len(counts)

        name = self._key, field, key, "words"
        return self._cache.get(name, chosen, lambda held: _EACH * sum(map(len, held[0])))

    def keys(self, word: str, field: TextField, among: Array) -> Array:
        """Where a word stands in these documents, in order: STRIDE times the document's place in `among`, plus
        the position."""
        of_terms = [
            np.concatenate([_NO_KEYS, *self._keys(field.name, term.encode("utf-8", "replace"), among)])
            for term in self.spellings(word, field)
        ]
        return merged(of_terms) if len(of_terms) > 1 else of_terms[0]

    def _keys(self, field: str, term: bytes, among: Array) -> Iterator[Array]:
        bounds = np.searchsorted(among, self._columns.bases)
        for number, part in enumerate(self.parts):
            begin, end = int(bounds[number]), int(bounds[number + 1])
            if begin == end:
                continue
            wanted = (among[begin:end] - self._columns.bases[number]).astype(np.uint32)
            placed = self._placed(part.segment, field, term, wanted)
            at = np.searchsorted(placed.documents, wanted)
            at[at == len(placed.documents)] = 0
            held = np.flatnonzero(placed.documents[at] == wanted) if len(placed.documents) else at[:0]
            if len(held):
                at = at[held]
                starts, counts = placed.starts[at], placed.starts[at + 1] - placed.starts[at]
                keys = np.repeat((held + begin) * STRIDE, counts)
                keys += placed.places[_ranges(starts, counts)]
                yield keys

    def _joined(self, of: Callable[[Part], Counted], *, with_weights: bool = True) -> Counted:
        held = [
            (base, counted)
            for part, base in zip(self.parts, self._columns.bases, strict=False)
            if len((counted := of(part)).documents)
        ]
        if not held:
            return NOWHERE
        documents = np.concatenate([counted.documents + np.int64(base) for base, counted in held])
        weights = np.concatenate([counted.weights for _, counted in held]) if with_weights else NOWHERE.weights
        if self._deleted and (alive := self._columns.alive) is not None:
            living = alive[documents]
            documents = documents[living]
            weights = weights[living] if with_weights else weights
        return Counted(documents, weights)

    def _counted(self, segment: Segment, field: str, term: bytes) -> Counted:
        return self._cache.get(
            (segment.name, field, term), lambda: counted(segment, field, term), lambda held: held.nbytes
        )

    def _placed(self, segment: Segment, field: str, term: bytes, wanted: Array) -> Placed:
        if len(self._counted(segment, field, term).documents) > WHOLE:
            found = placed(segment, field, term, among=wanted)
            self._cache.count(found.nbytes)
            return found
        key = segment.name, field, term, "placed"
        return self._cache.get(key, lambda: placed(segment, field, term), lambda held: held.nbytes)


def _most(lists: Iterable[Counted]) -> Counted:
    held = [one for one in lists if len(one.documents)]
    if len(held) < 2:
        return held[0] if held else NOWHERE
    documents = np.concatenate([one.documents for one in held])
    weights = np.concatenate([one.weights for one in held])
    order = np.lexsort((weights, documents))
    documents, weights = documents[order], weights[order]
    last = np.append(documents[1:] != documents[:-1], True)
    return Counted(documents[last], weights[last])


def _ranges(starts: Array, counts: Array) -> Array:
    """The numbers from each start on, so many each."""
    counts = counts.astype(np.int64)
    before = np.cumsum(counts) - counts
    numbers: Array = np.repeat(starts.astype(np.int64) - before, counts)
    numbers += np.arange(len(numbers))
    return numbers


def table(segment: Segment, field: str, cache: Cache) -> Table:
    """Its own memory is the segment's file."""
    return cache.get((segment.name, field, "table"), lambda: Table(segment, field), lambda _: 1000)
