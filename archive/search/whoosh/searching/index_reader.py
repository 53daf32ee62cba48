"""IndexReader over a snapshot, for corrections, completions and similar articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence, Sized
from itertools import islice

import numpy as np

from archive.search.deadline import Deadline
from archive.search.fields import LabelTerm
from archive.search.index import Hit
from archive.search.reader import IndexReader, MoreLikeThis, NearWord, T
from archive.search.whoosh.arrays import intersects
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.doc_values import doc_values
from archive.search.whoosh.searching.document_set import DocumentSet
from archive.search.whoosh.searching.label_index import label_index
from archive.search.whoosh.searching.more_like_this import documents_of, more_like_this
from archive.search.whoosh.searching.near_words import words_near
from archive.search.whoosh.searching.terms import STRIDE, Terms, term_dictionary
from archive.search.whoosh.segment.term_dictionary import TermDictionary

SMALL_VALUE_BYTES = 200  # estimated size of a number, or of an item of a dictionary


class SnapshotReader(IndexReader[DocumentSet]):
    """Reads one snapshot, and caches decoded data."""

    def __init__(self, snapshot: Snapshot, cache: Cache) -> None:
        self._snapshot, self._cache = snapshot, cache
        self._values = doc_values(snapshot)
        self._terms = Terms(snapshot, cache)
        self._dictionaries: dict[str, list[TermDictionary]] = {}

    # Terms -----------------------------------------------------------------------------------------------

    @property
    def document_count(self) -> int:
        return self._snapshot.live_count

    @property
    def deleted_count(self) -> int:
        return self._snapshot.deleted_count

    def language_counts(self) -> Mapping[str, int]:
        return self._terms.language_counts()

    def terms_with_prefix(self, field: str, prefix: str, *, limit: int | None = None) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for dictionary in self._dictionaries_of(field):
            for term, count in dictionary.most_frequent(_utf8(prefix), limit):
                found[term.decode("utf-8", "replace")] += count
        return found

    def document_frequency(self, field: str, term: str, *, exact: bool = True) -> int:
        encoded, total = _utf8(term), 0
        for number, dictionary in enumerate(self._dictionaries_of(field)):
            count = dictionary.count(encoded)
            if count and exact and self._snapshot.segments[number].deleted:
                count = self._terms.live_count(number, field, encoded)
            total += count
        return total

    def _dictionaries_of(self, field: str) -> list[TermDictionary]:
        if field not in self._dictionaries:
            segments = (part.segment for part in self._snapshot.segments)
            self._dictionaries[field] = [term_dictionary(segment, field, self._cache) for segment in segments]
        return self._dictionaries[field]

    def words_near(self, word: str, edits: int, *, limit: int, deadline: Deadline) -> Sequence[NearWord]:
        return words_near(self._snapshot, self._cache, word, edits, limit=limit, deadline=deadline)

    def labels_with(self, words: Sequence[str], prefix: str, *, limit: int) -> Mapping[LabelTerm, int]:
        found: Counter[LabelTerm] = Counter()
        for part in self._snapshot.segments:
            found.update(dict(islice(label_index(part.segment, self._cache).matching(words, prefix), limit)))
        return found

    def cached(self, key: Hashable, load: Callable[[], T]) -> T:
        def size(value: object) -> int:
            return SMALL_VALUE_BYTES * (1 + (len(value) if isinstance(value, Sized) else 0))

        return self._cache.get((self._snapshot.key, key), load, size)

    # Documents -------------------------------------------------------------------------------------------

    def documents(self, field: str, terms: Collection[str]) -> DocumentSet:
        return DocumentSet(self._values.size, self._terms.documents_with(field, terms))

    def adjacent(
        self, documents: DocumentSet, field: str, first: Collection[str], second: Collection[str]
    ) -> DocumentSet:
        numbers = documents.documents
        before, after = (self._terms.keys(field, terms, numbers, keep=False) for terms in (first, second))
        followed = np.unique(before[intersects(before + 1, after)] // STRIDE)
        return DocumentSet(self._values.size, numbers[followed])

    def newest(self, documents: DocumentSet, limit: int) -> DocumentSet:
        if len(documents) <= limit:
            return documents
        return DocumentSet(self._values.size, self._values.newest(documents.documents, limit))

    def ids(self, documents: DocumentSet) -> list[str]:
        published, id_of = self._values.published, self._values.id_of
        ordered = sorted((-int(published[document]), id_of(document)) for document in documents.documents.tolist())
        return [article_id for _, article_id in ordered]

    def contains(self, article_id: str) -> bool:
        return bool(documents_of(self._snapshot, article_id))

    def more_like_this(self, wanted: MoreLikeThis, *, limit: int, deadline: Deadline) -> Sequence[Hit]:
        return more_like_this(self._snapshot, self._cache, wanted, limit=limit, deadline=deadline)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
