"""Edit distances between words. An edit adds, drops or changes a letter, or swaps two neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from archive.search.analysis import UNKNOWN, fold, stem, term_of

MIN_STEM: Final = 4  # letters of a stem that is matched with edits


def max_edits(word: str, *, min_letters: int) -> int:
    """The edits allowed in a word: none below `min_letters`, one below six letters, else two.

    With more, too many words would match."""
    return 0 if len(word) < min_letters else 1 if len(word) < 6 else 2


def within(left: str, right: str, edits: int) -> bool:
    """Whether at most `edits` edits turn one word into the other.

    Tries each kind of edit at the first difference; one or two edits need only a few comparisons."""
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
    """The smallest number of edits between two words; `limit` + 1 if it exceeds `limit`."""
    return next((edits for edits in range(limit + 1) if within(left, right, edits)), limit + 1)


@dataclass(frozen=True, slots=True)
class FuzzyWord:
    """The matcher of `word~`: words at most `edits` edits away, and words whose stem is near the word's stem.

    `stems`: by language, the word's stem and the edits allowed for it. Short stems are omitted: they would match all
    other short stems."""

    word: str
    edits: int
    stems: Mapping[str, tuple[str, int]]

    @classmethod
    def of(cls, word: str, edits: int, languages: Iterable[str]) -> FuzzyWord:
        stems = {language: term_of(word, language) for language in sorted({*languages} - {UNKNOWN})}
        limits = {language: max_edits(stem, min_letters=MIN_STEM) for language, stem in stems.items()}
        return cls(
            fold(word),
            edits,
            {language: (stem, min(edits, limits[language])) for language, stem in stems.items() if limits[language]},
        )

    def matches(self, other: str) -> bool:
        """Whether a folded word matches."""
        return within(self.word, other, self.edits) or any(
            within(near, stem(other, language), edits) for language, (near, edits) in self.stems.items()
        )
