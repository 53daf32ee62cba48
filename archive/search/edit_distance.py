"""Words that differ by a few edits: a letter added, dropped or changed, or two neighbours swapped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archive.search.analysis import UNKNOWN, fold, stem, term_of


def within(left: str, right: str, edits: int) -> bool:
    """Whether one word becomes the other by at most `edits` edits.

    Tries each edit where the words begin to differ: with one or two edits, a few comparisons of the rest."""
    if left == right:
        return True
    longer = len(left) - len(right)
    if edits <= 0 or abs(longer) > edits:
        return False
    at = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        at += 1
    left, right = left[at:], right[at:]
    return (
        within(left[1:], right[1:], edits - 1)
        or within(left[1:], right, edits - 1)
        or within(left, right[1:], edits - 1)
        or (left[:2] == right[1::-1] and len(left) > 1 and within(left[2:], right[2:], edits - 1))
    )


def edit_distance(left: str, right: str, *, limit: int) -> int:
    """The least number of edits between two words; `limit` + 1 where it is more than `limit`."""
    return next((edits for edits in range(limit + 1) if within(left, right, edits)), limit + 1)


@dataclass(frozen=True, slots=True)
class FuzzyWord:
    """What matches `word~`: words at most `edits` edits away, and words with a stem near the word's.

    `stems`: by language, the word's stem and its edits. Short stems are left out: they would match every other."""

    word: str
    edits: int
    stems: Mapping[str, tuple[str, int]]

    @classmethod
    def of(cls, word: str, edits: int, languages: Iterable[str]) -> FuzzyWord:
        stems = {language: term_of(word, language) for language in sorted({*languages} - {UNKNOWN})}
        limits = {language: 0 if len(stem) < 4 else 1 if len(stem) < 6 else 2 for language, stem in stems.items()}
        return cls(
            fold(word),
            edits,
            {language: (stem, min(edits, limits[language])) for language, stem in stems.items() if limits[language]},
        )

    def matches(self, other: str) -> bool:
        """Whether another folded word matches."""
        return within(self.word, other, self.edits) or any(
            within(near, stem(other, language), edits) for language, (near, edits) in self.stems.items()
        )
