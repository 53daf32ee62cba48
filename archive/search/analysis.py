"""Text analysis: words to folded, stemmed terms, in the same way for articles, queries and snippets."""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

import Stemmer

VERSION = 3  # of the analysis; an index made with another version is rebuilt
MAX_TERM = 64  # characters; longer words are truncated

# Combining marks, which `\w` does not match (Unicode categories Mn and Mc).
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u06ea-\u06ed\u0711\u0730-\u074a\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd"
    "\u0a01-\u0a03\u0a3c-\u0a51\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bcd\u0c00-\u0c04"
    "\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d82\u0d83\u0dca-\u0ddf\u20d0-\u20f0"
)
# Scripts written without spaces, and Hangul, for whose word endings there is no stemmer: every character, with its
# marks, is a term, and several in a row are searched for as a phrase.
_UNSPACED: Final = (
    "\u0e00-\u0e4e\u0e80-\u0ece\u1000-\u103f\u1100-\u115f\u1780-\u17d3\u3005\u3007\u3041-\u309f\u30a1-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_UNSPACED_MARKS: Final = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1160-\u11ff\u17b4-\u17d3"
    "\u3099\u309a"
)
_LETTER: Final = rf"[^\W\d_{_UNSPACED}]"
_SIGN: Final = rf"(?:[^\W_{_UNSPACED}]|[{_MARKS}])"


def _pattern(letter: str, sign: str, *more: str) -> re.Pattern[str]:
    alternatives = (
        rf"{letter}(?:\.{letter})+(?!{sign})",  # U.S., e.g.
        # 1,750 and 5.93 are one word each, 12.3.1987 is three
        r"(?<!\d[.,])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+\.\d+(?![.\d]))",
        *more,
        rf"{sign}+(?:['’](?:s|t|re|ve|ll|d|m)(?!{sign}))?",  # the contractions that English stemming knows
    )
    return re.compile("|".join(alternatives), re.IGNORECASE)


_RAW: Final = _pattern(_LETTER, _SIGN, rf"[{_UNSPACED}][{_UNSPACED_MARKS}]*")
_RAW_OF_ASCII: Final = _pattern("[a-z]", "[a-z0-9]")  # gives the same result for ASCII text, in half the time
_ONE_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_MARK: Final = re.compile("[\u0300-\u036f]")
# Letters that Unicode does not decompose and that people without the key replace, as in Lodz for Łódź.
_LIKE: Final = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe"})


# Snowball stemmers by primary language subtag (RFC 5646 §2.2.1). Words of other languages are folded only.
STEMMERS: Final = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
ENGLISH: Final = "en"
UNKNOWN: Final = ""  # a language without a stemmer
MAX_CACHED_WORDS: Final = 32768  # per language; a few hundred words make up half of a text


class Token(NamedTuple):
    """A folded word and its position in the text, `text[start:end]`."""

    term: str
    start: int
    end: int


class Analysed(NamedTuple):
    """A word: its folded form, and the terms that it is indexed under, the primary one first."""

    form: str
    terms: tuple[str, ...]


def language_of(tag: str | None) -> str:
    """The language whose stemmer applies to text with this tag; UNKNOWN if there is none."""
    primary = (tag or "").partition("-")[0].lower()
    return primary if primary in STEMMERS else UNKNOWN


def analysed(text: str, language: str = ENGLISH) -> list[Analysed]:
    """The words of a text in order. Stop words are kept, so that "to be or not to be" can be found."""
    return [word for word in map(words_of(language).__getitem__, raw_words(text)) if word.form]


def raw_words(text: str) -> list[str]:
    """The candidate words of a text, unchanged. `words_of` analyses each."""
    return _raw_in(text).findall(text)


def located(text: str, language: str, start: int = 0, end: int = sys.maxsize) -> Iterator[tuple[Analysed, int, int]]:
    """The words of `text[start:end]` in order, each with its start and end offsets in the text."""
    words = words_of(language)
    for found in _raw_in(text).finditer(text, start, end):
        if (word := words[found[0]]).form:
            yield word, found.start(), found.end()


def tokens(text: str) -> Iterator[Token]:
    """The folded words of a text in order, with their offsets."""
    for found in _raw_in(text).finditer(text):
        if term := fold(_spelled(found[0])):
            yield Token(term, found.start(), found.end())


def terms(text: str, *, stemmed: bool = True) -> list[str]:
    """The terms of an English text in order; its folded words if not `stemmed`."""
    return [word.terms[0] if stemmed else word.form for word in analysed(text)]


def words(text: str) -> list[str]:
    """The words of a text in order, not folded."""
    return [word for raw in raw_words(text) if fold(word := _spelled(raw))]


def is_unspaced(word: str) -> bool:
    """Whether a word is a character of a script written without spaces."""
    return _ONE_UNSPACED.match(word) is not None


def _raw_in(text: str) -> re.Pattern[str]:
    return _RAW_OF_ASCII if text.isascii() else _RAW


def _spelled(raw: str) -> str:
    """A word without dots, as in U.S., and a number without commas, as in 1,750."""
    if "." not in raw and "," not in raw:
        return raw
    return raw.replace(",", "") if raw[0].isdigit() else raw.replace(".", "")


# A few hundred words make up half of a text: the cache makes indexing three times as fast.
@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """The word without case, accents and width: "Café" and "CAFE" fold to the same. May be empty."""
    plain = word.casefold().replace("’", "'")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", _MARK.sub("", unicodedata.normalize("NFKD", plain)))
        plain = plain.casefold().translate(_LIKE)
    return plain[:MAX_TERM]


def term_of(word: str, language: str = ENGLISH) -> str:
    """The folded stem of a word: the same for "Exports", "exported" and "export"."""
    return terms_of(word, language)[0]


@lru_cache(maxsize=16384)
def terms_of(word: str, language: str = ENGLISH) -> tuple[str, ...]:
    """The terms that a word is indexed under in texts of a language: the stem of the word as spelled, and the stem of
    the word without accents.

    Stemmers depend on accents: "préférées" is stemmed to "prefer", but "preferees" to "prefere". Many people type no
    accents, so an accented word is indexed under both."""
    folded = fold(word)
    if language == UNKNOWN:
        return (folded,)
    stemmer = _stemmers.of(language)
    plain = stemmer.stemWord(folded) or folded
    if word.isascii() or language == ENGLISH:
        return (plain,)
    spelled = unicodedata.normalize("NFC", word.casefold().replace("’", "'"))[:MAX_TERM]
    primary = fold(stemmer.stemWord(spelled)) or folded
    return (primary,) if primary == plain else (primary, plain)


def terms_in(word: str, languages: Iterable[str]) -> tuple[str, ...]:
    """The distinct terms of a word in texts of any of these languages."""
    return tuple(dict.fromkeys(term for language in sorted(languages) for term in terms_of(word, language)))


def stem(folded: str, language: str = ENGLISH) -> str:
    """The stem of a folded word."""
    return terms_of(folded, language)[0]


class _Words(dict[str, Analysed]):
    """The analysed words of one language, by spelling; cleared when it has MAX_CACHED_WORDS."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, raw: str) -> Analysed:
        word = _spelled(raw)
        found = Analysed(fold(word), terms_of(word, self._language))
        if len(self) >= MAX_CACHED_WORDS:
            self.clear()
        self[raw] = found
        return found


class _Stemmers(threading.local):
    """Stemmers per thread: PyStemmer's objects must not be shared."""

    def __init__(self) -> None:
        self._made: dict[str, Stemmer.Stemmer] = {}

    def of(self, language: str) -> Stemmer.Stemmer:
        if language not in self._made:
            self._made[language] = Stemmer.Stemmer(STEMMERS[language], 0)  # 0: no cache; terms_of has one
        return self._made[language]


_stemmers = _Stemmers()


@cache
def words_of(language: str) -> Mapping[str, Analysed]:
    """A mapping from every raw word to its analysis, whose `form` is empty if the piece is not a word."""
    return _Words(language)
