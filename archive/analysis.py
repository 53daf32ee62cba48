"""How text becomes terms: the same way for articles, for queries and for snippets."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import Stemmer

VERSION = 1  # of everything below: an index made with another version is rebuilt
LONGEST_TERM = 64  # characters; what is longer is no word that anybody types twice

# Marks that belong to the letter before them, and that `\w` leaves out (Unicode categories Mn and Mc).
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u06ea-\u06ed\u0711\u0730-\u074a\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd"
    "\u0a01-\u0a03\u0a3c-\u0a51\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bcd\u0c00-\u0c04"
    "\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d82\u0d83\u0dca-\u0ddf\u20d0-\u20f0"
)
# Scripts written without spaces: every character, with its marks, is a term, and a run of them a phrase.
_UNSPACED: Final = (
    "\u0e00-\u0e4e\u0e80-\u0ece\u1000-\u103f\u1780-\u17d3\u3005\u3007\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_UNSPACED_MARKS: Final = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
)
_LETTER: Final = rf"[^\W\d_{_UNSPACED}]"
_SIGN: Final = rf"(?:[^\W_{_UNSPACED}]|[{_MARKS}])"
_TOKEN: Final = re.compile(
    rf"(?P<initials>{_LETTER}(?:\.{_LETTER})+(?!{_SIGN}))"  # U.S., e.g.
    r"|(?<!\d[.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+\.\d+(?![.\d]))"  # 1,750 and 5.93; 12.3.1987 is three
    rf"|(?P<unspaced>[{_UNSPACED}][{_UNSPACED_MARKS}]*)"
    rf"|{_SIGN}+(?:['’](?:s|t|re|ve|ll|d|m)(?!{_SIGN}))?",  # the contractions that English stemming knows
    re.IGNORECASE,
)
_ONE_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_MARK: Final = re.compile("[\u0300-\u036f]")


class Token(NamedTuple):
    """One term and where it stands in the text: `text[start:end]`."""

    term: str
    start: int
    end: int


def tokens(text: str, *, stemmed: bool = True) -> Iterator[Token]:
    """The terms of a text in order. Stop words are kept: "to be or not to be" can be found."""
    normal = term_of if stemmed else fold
    for found in _TOKEN.finditer(text):
        if term := normal(_spelled(found)):
            yield Token(term, found.start(), found.end())


def terms(text: str, *, stemmed: bool = True) -> list[str]:
    """The terms alone, in order."""
    normal = term_of if stemmed else fold
    return [term for found in _TOKEN.finditer(text) if (term := normal(_spelled(found)))]


def words(text: str) -> list[str]:
    """The words as they are spelled, in order; `fold` and `term_of` make terms of them."""
    return [word for found in _TOKEN.finditer(text) if fold(word := _spelled(found))]


def is_unspaced(word: str) -> bool:
    """Whether a word is one character of a script that is written without spaces."""
    return _ONE_UNSPACED.match(word) is not None


def _spelled(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "initials":
        return found[0].replace(".", "")
    if kind == "number":
        return found[0].replace(",", "")
    return found[0]


# Half of a text are a few hundred words, so that remembering terms makes indexing three times as fast.
@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """A word without case, accents and width: "Café" and "CAFE" are one. Empty where nothing is left."""
    plain = word.casefold().replace("’", "'")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", _MARK.sub("", unicodedata.normalize("NFKD", plain))).casefold()
    return plain[:LONGEST_TERM]


@lru_cache(maxsize=16384)
def term_of(word: str) -> str:
    """The folded word without its endings: "Exports", "exported" and "export" are one."""
    return stem(fold(word))


def stem(folded: str) -> str:
    """What is left of a folded word without its endings, by the rules of English."""
    return _stemmers.english.stemWord(folded) or folded


def neighbours(word: str, edits: int) -> Callable[[str], bool]:
    """Whether another word is at most so many slips away; two letters that changed places are one."""

    def near(other: str) -> bool:
        if abs(len(other) - len(word)) > edits:
            return False
        before: list[int] = []
        row = list(range(len(other) + 1))
        for i, letter in enumerate(word, start=1):
            earlier, before, row = before, row, [i]
            for j, against in enumerate(other, start=1):
                cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
                if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == against:
                    cost = min(cost, earlier[j - 2] + 1)
                row.append(cost)
            if min(row) > edits:
                return False
        return row[-1] <= edits

    return near


class _Stemmers(threading.local):
    """One stemmer for each thread: PyStemmer's objects are not to be shared."""

    def __init__(self) -> None:
        self.english = Stemmer.Stemmer("english", 0)  # 0: it need not remember; term_of does


_stemmers = _Stemmers()
