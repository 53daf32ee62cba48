"""An index of a segment's label names, searched by words and word prefixes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Final

import numpy as np

from archive.search import analysis
from archive.search.fields import LABEL, LabelTerm
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.searching.terms import term_dictionary
from archive.search.whoosh.segment.segment import Segment

MAX_LABELS: Final = 20_000  # per segment, the most frequent


@dataclass(frozen=True, slots=True)
class LabelIndex:
    """The labels of a segment, the most frequent first, and one line of text with the folded words of each."""

    labels: Sequence[LabelTerm]
    counts: Sequence[int]
    lines: str
    starts: Sequence[int]

    @classmethod
    def of(cls, segment: Segment, cache: Cache) -> LabelIndex:
        dictionary = term_dictionary(segment, LABEL, cache)
        counts = dictionary.counts(range(len(dictionary)))
        numbers = np.argsort(-counts, kind="stable")[:MAX_LABELS].tolist()
        found = [(LabelTerm.parse(dictionary.term(number).decode()), int(counts[number])) for number in numbers]
        found = [(label, count) for label, count in found if label.is_browsable]
        lines = [" ".join(["", *analysis.terms(label.name, stemmed=False), "\n"]) for label, _ in found]
        starts = list(accumulate(map(len, lines), initial=0))
        return cls([label for label, _ in found], [count for _, count in found], "".join(lines), starts)

    @property
    def nbytes(self) -> int:
        return 400 * len(self.labels) + 4 * len(self.lines)

    def matching(self, words: Sequence[str], prefix: str) -> Iterator[tuple[LabelTerm, int]]:
        """The labels with all the words and a word that begins with `prefix`, with their document frequencies."""
        at = self.lines.find(f" {prefix}")
        while at >= 0:
            number = bisect_right(self.starts, at) - 1
            line = self.lines[self.starts[number] : self.starts[number + 1]]
            if all(f" {word} " in line for word in words):
                yield self.labels[number], self.counts[number]
            at = self.lines.find(f" {prefix}", self.starts[number + 1])


def label_index(segment: Segment, cache: Cache) -> LabelIndex:
    return cache.get((segment.name, LABEL, "names"), partial(LabelIndex.of, segment, cache), lambda value: value.nbytes)
