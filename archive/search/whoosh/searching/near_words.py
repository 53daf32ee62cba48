"""Words near another one: a filter by letter sets, then edit distances of the remaining words, both vectorised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np

from archive.search.deadline import Deadline
from archive.search.fields import FORM
from archive.search.reader import NearWord
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.segment.damage import reads_files
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import MAX_TERMS, TermDictionary, in_chunks, letter_set

MIN_BYTES: Final = 4  # shorter words are not kept
MAX_BYTES: Final = 40  # longer words are not kept
LARGE_VOCABULARY_THRESHOLD: Final = 500_000  # words of a segment, of which half occur in a single document


class LetterSets:
    """The words of a segment by length, each with its letter set: eight bytes per word.

    An edit changes at most two letters of the set, so words that cannot be near are excluded without being read. Words
    with digits are not kept, nor, in a large vocabulary, words of a single document: most of them are misspelled."""

    @reads_files
    def __init__(self, segment: Segment) -> None:
        self.dictionary = TermDictionary(segment, FORM)
        numbers, sets = [], []
        self._starts = [0] * (MAX_BYTES + 2)
        lengths = np.concatenate(
            [np.empty(0, np.uint8)]
            + [
                np.minimum(self.dictionary.lengths(chunk), 255).astype(np.uint8)
                for chunk in in_chunks(range(len(self.dictionary)))
            ]
        )
        for length in range(MIN_BYTES, MAX_BYTES + 1):
            end = self._starts[length]
            of_length = np.flatnonzero(lengths == length).astype(np.uint32)
            for start in range(0, len(of_length), MAX_TERMS):
                chunk = of_length[start : start + MAX_TERMS]
                letters = self.dictionary.letters(chunk, length)
                kept = ~((letters >= ord("0")) & (letters <= ord("9"))).any(axis=1)
                if len(lengths) > LARGE_VOCABULARY_THRESHOLD:
                    kept &= self.dictionary.counts(chunk) > 1
                numbers.append(chunk[kept])
                sets.append(letter_set(letters[kept]))
                end += len(numbers[-1])
            self._starts[length + 1] = end
        self._numbers: Array = np.concatenate([np.empty(0, np.uint32), *numbers])
        self._sets: Array = np.concatenate([np.empty(0, np.uint32), *sets])

    @property
    def nbytes(self) -> int:
        return int(self._numbers.nbytes + self._sets.nbytes) + 1000

    def candidates(self, word: str, edits: int) -> Array:
        """The numbers of words that may be within `edits` edits of a folded word. Most of them are not."""
        encoded = np.frombuffer(word.encode("utf-8", "replace"), np.uint8)
        letter_bytes = max(len(letter.encode("utf-8", "replace")) for letter in word)
        max_changes = edits * letter_bytes
        begin = self._starts[min(max(len(encoded) - max_changes, MIN_BYTES), MAX_BYTES + 1)]
        end = self._starts[min(max(len(encoded) + max_changes, MIN_BYTES - 1), MAX_BYTES) + 1]
        differing = np.bitwise_count(self._sets[begin:end] ^ letter_set(encoded[None, :])[0])
        found: Array = self._numbers[begin:end][differing <= 2 * max_changes]
        return found


def words_near(
    snapshot: Snapshot, cache: Cache, word: str, edits: int, *, limit: int, deadline: Deadline
) -> list[NearWord]:
    """See TermReader.words_near."""
    counts: Counter[str] = Counter()
    for other, count in _candidates(snapshot, cache, word, edits, limit, deadline):
        counts[other] += count
    others = list(counts)
    return [
        NearWord(other, distance, counts[other])
        for other, distance in zip(others, edit_distances(word, others).tolist(), strict=True)
        if 0 < distance <= edits
    ]


def _candidates(
    snapshot: Snapshot, cache: Cache, word: str, edits: int, limit: int, deadline: Deadline
) -> Iterator[tuple[str, int]]:
    """The most frequent words that may be near, segment by segment, with their document frequencies."""
    found = []
    for letters in _letter_sets(snapshot, cache):
        deadline.check()
        numbers = letters.candidates(word, edits)
        found.append((letters.dictionary, numbers, letters.dictionary.counts(numbers)))
    counts_of_all = np.concatenate([np.empty(0, np.int64), *(counts for _, _, counts in found)])
    min_count = 0 if len(counts_of_all) <= limit else int(np.partition(counts_of_all, -limit)[-limit])
    for dictionary, numbers, counts in found:
        for at in np.flatnonzero(counts >= min_count).tolist():
            yield dictionary.term(int(numbers[at])).decode("utf-8", "replace"), int(counts[at])


def _letter_sets(snapshot: Snapshot, cache: Cache) -> Iterator[LetterSets]:
    """The letter sets of each segment. Computing them for 60,000 words takes 8 ms, once."""
    for part in snapshot.segments:
        key = part.segment.name, FORM, "letter sets"
        yield cache.get(key, partial(LetterSets, part.segment), lambda value: value.nbytes)


def edit_distances(word: str, others: Sequence[str]) -> Array:
    """The edit distance (optimal string alignment) between a word and each of the others, computed for all at once."""
    texts = np.array(others, dtype=np.str_)
    width = texts.dtype.itemsize // 4
    letters = texts.view(np.uint32).reshape(len(others), width)
    typed = [ord(letter) for letter in word]
    rows = [np.arange(width + 1, dtype=np.int16)[:, None].repeat(len(others), axis=1)]
    for i, letter in enumerate(typed):
        row = np.empty_like(rows[0])
        row[0] = i + 1
        differs = (letters != letter).T
        for j in range(width):
            row[j + 1] = np.minimum(np.minimum(row[j], rows[i][j + 1]) + 1, rows[i][j] + differs[j])
            if i and j:
                swapped = (letters[:, j - 1] == letter) & (letters[:, j] == typed[i - 1])
                row[j + 1] = np.where(swapped, np.minimum(row[j + 1], rows[i - 1][j - 1] + 1), row[j + 1])
        rows.append(row)
    last: Array = rows[-1][np.array([len(other) for other in others], np.int64), np.arange(len(others))]
    return last
