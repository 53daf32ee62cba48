""" "Did you mean": misspelled words of a query replaced by words of the archive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product
from typing import Final

from archive.search import analysis
from archive.search.deadline import Deadline, TooLateError
from archive.search.edit_distance import max_edits
from archive.search.fields import FORM, text_fields
from archive.search.query import FIELD_NAMES, Node, Phrase, Word, leaves
from archive.search.reader import D, IndexReader, TermReader, languages_of

MIN_LETTERS: Final = 4  # of a word to correct: a shorter one is near too many others
HITS_THRESHOLD: Final = 5  # with at least this many hits, only words unknown to the index are corrected
FREQUENCY_THRESHOLD: Final = 100  # articles; a word in at least this many is never corrected
MAX_CORRECTED: Final = 3  # words per query
MAX_COMPARED: Final = 1000  # words of the index that are compared letter by letter, the most frequent
MAX_CANDIDATES: Final = 3  # corrections per word
MAX_TRIED: Final = 4  # corrected queries that are counted
MIN_FREQUENCY_RATIO: Final = 20  # of a correction to the typed word, if the index has that
# Factors on a candidate's document frequency:
OTHER_LETTERS: Final = 0.2  # letters are added, dropped or changed, and not just swapped
TWO_EDITS: Final = 0.02
OTHER_FIRST_LETTER: Final = 0.1  # people rarely mistype the first letter

_FIELD: Final = re.compile(rf"(?i)(?:{FIELD_NAMES}):")
_WILDCARDS: Final = "*?~"


def did_you_mean(
    reader: IndexReader[D],
    text: str,
    root: Node | None,
    *,
    total: int,
    count_hits: Callable[[str], int],
    deadline: Deadline,
) -> str | None:
    """A corrected query text with at least one hit and at least the `total` hits of the typed one; None if there is
    none or the deadline has passed.

    `root`: the parsed text. `count_hits`: counts the hits of another text under the same filters."""
    try:
        candidates = [
            [(form, other) for other in _candidates(reader, form, count, deadline)]
            for form, count in islice(_unknown_words(reader, root, total), MAX_CORRECTED)
        ]
        for chosen in islice(product(*filter(None, candidates)), MAX_TRIED if any(candidates) else 0):
            corrected = replace_words(text, dict(chosen))
            if corrected != text and count_hits(corrected) >= max(total, 1):
                return corrected
    except TooLateError:
        pass
    return None


def _unknown_words(reader: IndexReader[D], root: Node | None, total: int) -> Iterator[tuple[str, int]]:
    """The folded words of a query that may be misspelled, with their document frequencies."""
    languages = languages_of(reader)
    unknown: dict[str, int] = {}
    for word in correctable_words(root):
        fields = text_fields(word.field)
        count = max(len(reader.documents(field.name, field.terms_of(word.text, languages))) for field in fields)
        if count == 0 or (total < HITS_THRESHOLD and count < FREQUENCY_THRESHOLD):
            unknown[analysis.fold(word.text)] = count
    return iter(unknown.items())


def _candidates(reader: TermReader, form: str, count: int, deadline: Deadline) -> list[str]:
    """Corrections of a folded word with the document frequency `count`, the likeliest first."""
    weights = reader.cached(("did you mean", form), lambda: _weights(reader, form, deadline))
    better = [other for other, weight in weights.items() if weight > count * MIN_FREQUENCY_RATIO]
    return sorted(better, key=lambda other: (-weights[other], other))[:MAX_CANDIDATES]


def _weights(reader: TermReader, form: str, deadline: Deadline) -> dict[str, float]:
    """The likeliest words near a folded one, with their document frequencies times `_factor`."""
    near = {
        each.word: (_factor(form, each.word, each.distance), each.documents)
        for each in reader.words_near(
            form, max_edits(form, min_letters=MIN_LETTERS), limit=MAX_COMPARED, deadline=deadline
        )
    }
    likeliest = sorted(near, key=lambda other: (-near[other][0] * near[other][1], other))[: 2 * MAX_CANDIDATES]
    counts = {other: reader.document_frequency(FORM, other) for other in likeliest}
    return {other: near[other][0] * count for other, count in counts.items() if count}


def _factor(form: str, other: str, distance: int) -> float:
    letters = 1.0 if sorted(form) == sorted(other) else OTHER_LETTERS
    return letters * (TWO_EDITS if distance > 1 else 1.0) * (1.0 if form[0] == other[0] else OTHER_FIRST_LETTER)


def correctable_words(root: Node | None) -> Iterator[Word]:
    """The words of a query that may be misspelled, including those of phrases, from left to right.

    Excludes words with digits, and words of fewer than MIN_LETTERS: also the characters of scripts without spaces."""
    for leaf in leaves(root):
        if isinstance(leaf, Word | Phrase):
            for text in leaf.words if isinstance(leaf, Phrase) else (leaf.text,):
                if len(analysis.fold(text)) >= MIN_LETTERS and not any(map(str.isdigit, text)):
                    yield Word(text, leaf.field)


def replace_words(text: str, replacements: Mapping[str, str]) -> str:
    """A query text with words replaced, by their folded forms; replacements take the case of the typed words.

    Field names, and words with a wildcard or a tilde, are not replaced."""
    pieces, at = [], 0
    for token in typed_words(text):
        replacement = replacements.get(token.term)
        around = text[token.start - 1 : token.start] + text[token.end : token.end + 1]
        if replacement is None or any(sign in around for sign in _WILDCARDS):
            continue
        pieces += [text[at : token.start], cased_like(text[token.start : token.end], replacement)]
        at = token.end
    return "".join([*pieces, text[at:]])


def typed_words(text: str) -> Iterator[analysis.Token]:
    """The words of a query text, without field names."""
    fields = {found.end() - 1 for found in _FIELD.finditer(text)}
    return (token for token in analysis.tokens(text) if token.end not in fields)


def cased_like(typed: str, word: str) -> str:
    """A word in upper case, or with a capital first letter, if the typed word is."""
    if typed.isupper() and len(typed) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if typed[:1].isupper() else word
