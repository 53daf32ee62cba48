""" "Did you mean": a query with the words of the archive in the place of those that it does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

import numpy as np

from archive.search import analysis
from archive.search.query import Node, Word
from archive.search.spelling import correctable, respelled, slips
from archive.search.whoosh.arrays import Array
from archive.search.whoosh.cache import Cache
from archive.search.whoosh.reader import Snapshot
from archive.search.whoosh.searching.deadline import Deadline
from archive.search.whoosh.searching.scorer import Scorer, fields_of
from archive.search.whoosh.searching.spellings import spellings
from archive.search.whoosh.segment.schema import FORM

FEW: Final = 5  # articles; who has found more is asked only about words that stand nowhere
RARE: Final = 100  # articles; a more frequent word is meant as it is
MOST_WORDS: Final = 3  # of a query are corrected
MOST_COMPARED: Final = 1000  # words of the archive that are compared letter by letter, the most frequent
MOST_CHOICES: Final = 3  # words that one may stand for
MOST_TRIED: Final = 4  # queries
MUCH_MORE: Final = 20  # times as frequent as what was typed, where that is a word of the archive
# How much of a word's frequency counts:
OTHER_LETTERS: Final = 0.2  # where letters are missing or wrong, and have not only changed places
SECOND_SLIP: Final = 0.02  # where it takes two slips
OTHER_BEGINNING: Final = 0.1  # where it begins with another letter, which is where people slip least


def meant(
    snapshot: Snapshot,
    cache: Cache,
    scorer: Scorer,
    text: str,
    root: Node | None,
    total: int,
    found: Callable[[str], int],
) -> str | None:
    """What was probably meant with a query that found so many articles, if that does not find fewer.

    `found`: how many another query would find. Raises TooLateError where the time of the scorer is up."""
    unknown = {}
    for word in correctable(root):
        count = max(len(scorer.terms.word(word.text, field).documents) for field in fields_of(word.field))
        if count == 0 or (total < FEW and count < RARE):
            unknown[analysis.fold(word.text)] = word, count
    choices = [
        [(typed, spelled) for spelled in _choices(snapshot, cache, scorer, word, count)]
        for typed, (word, count) in islice(unknown.items(), MOST_WORDS)
    ]
    for chosen in islice(product(*filter(None, choices)), MOST_TRIED if any(choices) else 0):
        other = respelled(text, dict(chosen))
        if other != text and found(other) >= max(total, 1):
            return other
    return None


def _choices(snapshot: Snapshot, cache: Cache, scorer: Scorer, word: Word, count: int) -> list[str]:
    """Words like this one, the likeliest first."""
    form = analysis.fold(word.text)
    key = "meant", form, snapshot.position, tuple(part.segment.name for part in snapshot.parts)
    likely: Mapping[str, float] = cache.get(
        key, lambda: dict(_likely(snapshot, cache, scorer, form)), lambda held: 200 * (len(held) + len(snapshot.parts))
    )
    far_better = [other for other, weight in likely.items() if weight > count * MUCH_MORE]
    return sorted(far_better, key=lambda other: (-likely[other], other))[:MOST_CHOICES]


def _likely(snapshot: Snapshot, cache: Cache, scorer: Scorer, form: str) -> Iterator[tuple[str, float]]:
    counts: dict[str, int] = {}
    for other, count in _like(snapshot, cache, form, scorer.deadline):
        counts[other] = counts.get(other, 0) + count
    others = list(counts)
    parts = {
        other: _part(form, other, slipped)
        for other, slipped in zip(others, distances(form, others).tolist(), strict=True)
        if 0 < slipped <= slips(form)
    }
    ordered = sorted(parts, key=lambda other: (-parts[other] * counts[other], other))
    for other in ordered[: 2 * MOST_CHOICES]:
        if living := len(scorer.terms.term(FORM, other).documents):
            yield other, parts[other] * living


def _part(form: str, other: str, slipped: int) -> float:
    """Of the other word's frequency that counts."""
    letters = 1.0 if sorted(form) == sorted(other) else OTHER_LETTERS
    return letters * (SECOND_SLIP if slipped > 1 else 1.0) * (1.0 if form[0] == other[0] else OTHER_BEGINNING)


def _like(snapshot: Snapshot, cache: Cache, form: str, deadline: Deadline) -> Iterator[tuple[str, int]]:
    """The most frequent words that may be like this one, segment by segment, with their numbers of documents."""
    held = []
    for words in spellings(snapshot, cache):
        deadline.check()
        numbers = words.like(form, slips(form))
        held.append((words.table, numbers, words.table.counts(numbers)))
    together = np.concatenate([np.empty(0, np.int64), *(counts for _, _, counts in held)])
    least = 0 if len(together) <= MOST_COMPARED else int(np.partition(together, -MOST_COMPARED)[-MOST_COMPARED])
    for table, numbers, counts in held:
        for place in np.flatnonzero(counts >= least).tolist():
            yield table.term(int(numbers[place])).decode("utf-8", "replace"), int(counts[place])


def distances(word: str, others: Sequence[str]) -> Array:
    """How many letters were added, dropped, changed or swapped with their neighbour between this word and each of
    the others (optimal string alignment), worked out for all of them at once."""
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
