"""The spellings of words, by length and letters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from archive.search.whoosh.arrays import Array
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.segment.damage import reads_files
from archive.search.whoosh.segment.schema import FORM
from archive.search.whoosh.segment.segment import Segment
from archive.search.whoosh.segment.term_dictionary import TERMS_AT_ONCE, Table, in_chunks, kinds_of

SHORTEST: Final = 4  # bytes of a word that is worth correcting
LONGEST: Final = 40
MANY: Final = 500_000  # words of a segment, of which half stand in one document only


class Spellings:
    """The words of a segment by their lengths, and which letters each has: eight bytes a word.

    A slip changes two kinds of letters at most. So those words that cannot be near another one are left out
    without reading them, and what remains is looked at letter by letter. Words with digits are not kept, nor those
    of one document where there are very many: they are slips themselves, mostly."""

    @reads_files
    def __init__(self, segment: Segment) -> None:
        self.table = Table(segment, FORM)
        numbers, kinds = [], []
        self._starts = [0] * (LONGEST + 2)
        lengths = np.concatenate(
            [np.empty(0, np.uint8)]
            + [np.minimum(self.table.lengths(part), 255).astype(np.uint8) for part in in_chunks(range(len(self.table)))]
        )
        for length in range(SHORTEST, LONGEST + 1):
            kept = self._starts[length]
            of_length = np.flatnonzero(lengths == length).astype(np.uint32)
            for start in range(0, len(of_length), TERMS_AT_ONCE):
                some = of_length[start : start + TERMS_AT_ONCE]
                letters = self.table.letters(some, length)
                words = ~((letters >= ord("0")) & (letters <= ord("9"))).any(axis=1)
                if len(lengths) > MANY:
                    words &= self.table.counts(some) > 1
                numbers.append(some[words])
                kinds.append(kinds_of(letters[words]))
                kept += len(numbers[-1])
            self._starts[length + 1] = kept
        self._numbers: Array = np.concatenate([np.empty(0, np.uint32), *numbers])
        self._kinds: Array = np.concatenate([np.empty(0, np.uint32), *kinds])

    @property
    def nbytes(self) -> int:
        return int(self._numbers.nbytes + self._kinds.nbytes) + 1000

    def like(self, word: str, edits: int) -> Array:
        """The numbers of the words that may be so many slips away from a folded word. Most of them are not."""
        encoded = np.frombuffer(word.encode("utf-8", "replace"), np.uint8)
        bytes_each = max(len(letter.encode("utf-8", "replace")) for letter in word)
        most = edits * bytes_each
        begin = self._starts[min(max(len(encoded) - most, SHORTEST), LONGEST + 1)]
        end = self._starts[min(max(len(encoded) + most, SHORTEST - 1), LONGEST) + 1]
        differing = np.bitwise_count(self._kinds[begin:end] ^ kinds_of(encoded[None, :])[0])
        found: Array = self._numbers[begin:end][differing <= 2 * most]
        return found


def spellings(snapshot: Snapshot, cache: Cache) -> Iterator[Spellings]:
    """Those of each segment. Of one with 60,000 words they take 8 ms, once."""
    for part in snapshot.parts:
        segment = part.segment
        key = segment.name, FORM, "spellings"
        yield cache.get(key, partial(Spellings, segment), lambda held: held.nbytes)
