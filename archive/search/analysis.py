"""How text becomes terms: the same way for articles, for queries and for snippets."""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

import Stemmer

VERSION = 3  # of everything below: an index made with another version is rebuilt
LONGEST_TERM = 64  # characters; what is longer is no word that anybody types twice

# Marks that belong to the letter before them, and that `\w` leaves out (Unicode categories Mn and Mc).
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8"
    "\u06ea-\u06ed\u0711\u0730-\u074a\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd"
    "\u0a01-\u0a03\u0a3c-\u0a51\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bcd\u0c00-\u0c04"
    "\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d82\u0d83\u0dca-\u0ddf\u20d0-\u20f0"
)
# Scripts written without spaces, and Hangul, whose words have endings that no stemmer knows: every character, with its
# marks, is a term, and a run of them a phrase.
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
        # 1,750 and 5.93; 12.3.1987 is three
        r"(?<!\d[.,])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+\.\d+(?![.\d]))",
        *more,
        rf"{sign}+(?:['’](?:s|t|re|ve|ll|d|m)(?!{sign}))?",  # the contractions that English stemming knows
    )
    return re.compile("|".join(alternatives), re.IGNORECASE)


_RAW: Final = _pattern(_LETTER, _SIGN, rf"[{_UNSPACED}][{_UNSPACED_MARKS}]*")
_RAW_OF_ASCII: Final = _pattern("[a-z]", "[a-z0-9]")  # gives the same for such a text, in half the time
_ONE_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_MARK: Final = re.compile("[\u0300-\u036f]")
# Letters that Unicode does not take for an accented one, and people without the key do: Łódź is Lodz.
_LIKE: Final = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe"})


# The languages that Snowball knows, by the first part of their tags (RFC 5646). Others are folded only.
STEMMERS: Final = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_STOP_LISTS: Final = {"nb": "no", "nn": "no"}  # the languages whose list has another name
ENGLISH: Final = "en"
UNKNOWN: Final = ""  # a language without a stemmer
REMEMBERED: Final = 32768  # words of each language; half of a text are a few hundred


class Token(NamedTuple):
    """One term and where it stands in the text: `text[start:end]`."""

    term: str
    start: int
    end: int


class Analysed(NamedTuple):
    """One word of a text: folded, and the terms that it is found by, the usual one first."""

    form: str
    terms: tuple[str, ...]


def language_of(tag: str | None) -> str:
    """By whose rules a text with this language tag is stemmed; UNKNOWN where there are none."""
    primary = (tag or "").partition("-")[0].lower()
    return primary if primary in STEMMERS else UNKNOWN


def analysed(text: str, language: str = ENGLISH) -> list[Analysed]:
    """Every word of a text in order. Stop words are kept: "to be or not to be" can be found."""
    return [word for word in map(words_of(language).__getitem__, raw_words(text)) if word.form]


def raw_words(text: str) -> list[str]:
    """The pieces of a text that may be words, as they stand there. `words_of` says what each is."""
    return _raw_in(text).findall(text)


def located(text: str, language: str, start: int = 0, end: int = sys.maxsize) -> Iterator[tuple[Analysed, int, int]]:
    """Every word of a stretch of a text in order, with its place."""
    words = words_of(language)
    for found in _raw_in(text).finditer(text, start, end):
        if (word := words[found[0]]).form:
            yield word, found.start(), found.end()


def tokens(text: str) -> Iterator[Token]:
    """The folded words of a text in order, with their places."""
    for found in _raw_in(text).finditer(text):
        if term := fold(_spelled(found[0])):
            yield Token(term, found.start(), found.end())


def terms(text: str, *, stemmed: bool = True) -> list[str]:
    """The terms of an English text alone, in order."""
    return [word.terms[0] if stemmed else word.form for word in analysed(text)]


def words(text: str) -> list[str]:
    """The words as they are spelled, in order; `fold` and `terms_of` make terms of them."""
    return [word for raw in raw_words(text) if fold(word := _spelled(raw))]


def is_unspaced(word: str) -> bool:
    """Whether a word is one character of a script of which each is a term."""
    return _ONE_UNSPACED.match(word) is not None


def _raw_in(text: str) -> re.Pattern[str]:
    return _RAW_OF_ASCII if text.isascii() else _RAW


def _spelled(raw: str) -> str:
    """A piece of text without what does not count: the dots of U.S., the commas of 1,750."""
    if "." not in raw and "," not in raw:
        return raw
    return raw.replace(",", "") if raw[0].isdigit() else raw.replace(".", "")


# Half of a text are a few hundred words, so that remembering terms makes indexing three times as fast.
@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """A word without case, accents and width: "Café" and "CAFE" are one. Empty where nothing is left."""
    plain = word.casefold().replace("’", "'")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", _MARK.sub("", unicodedata.normalize("NFKD", plain)))
        plain = plain.casefold().translate(_LIKE)
    return plain[:LONGEST_TERM]


def term_of(word: str, language: str = ENGLISH) -> str:
    """The folded word without its endings: "Exports", "exported" and "export" are one."""
    return terms_of(word, language)[0]


@lru_cache(maxsize=16384)
def terms_of(word: str, language: str = ENGLISH) -> tuple[str, ...]:
    """What a word is found by in texts of a language: without its endings, and then without accents.

    Endings are known by their accents: stemming "préférées" gives "prefer", but "preferees" gives "prefere".
    Many people type none, so that an accented word stands in the index under both."""
    folded = fold(word)
    if language == UNKNOWN:
        return (folded,)
    stemmer = _stemmers.of(language)
    plain = stemmer.stemWord(folded) or folded
    if word.isascii() or language == ENGLISH:
        return (plain,)
    spelled = unicodedata.normalize("NFC", word.casefold().replace("’", "'"))[:LONGEST_TERM]
    usual = fold(stemmer.stemWord(spelled)) or folded
    return (usual,) if usual == plain else (usual, plain)


def terms_in(word: str, languages: Iterable[str]) -> tuple[str, ...]:
    """What a word is found by in texts of any of these languages, each term once."""
    return tuple(dict.fromkeys(term for language in sorted(languages) for term in terms_of(word, language)))


def stem(folded: str, language: str = ENGLISH) -> str:
    """What is left of a folded word without its endings."""
    return terms_of(folded, language)[0]


def is_stop_word(word: str, languages: Iterable[str]) -> bool:
    """Whether a word, as it is typed, says nothing by itself in one of these languages: "of", but not "IT"."""
    return not (word.isupper() and len(word) > 1) and any(fold(word) in _stop_words(each) for each in languages)


def says_nothing(word: str, articles: Mapping[str, int]) -> bool:
    """Whether a word is a stop word in at least half of so many articles of each language: "war" stays a word
    where there is some German beside the English."""
    listing = sum(count for language, count in articles.items() if is_stop_word(word, (language,)))
    return listing > 0 and 2 * listing >= sum(articles.values())


@cache
def _stop_words(language: str) -> frozenset[str]:
    from whoosh.lang.stopwords import stoplists  # the lists of the Snowball project

    return frozenset(fold(word) for word in stoplists.get(_STOP_LISTS.get(language, language), ()))


def neighbours(word: str, edits: int) -> Callable[[str], bool]:
    """Whether another word is at most so many slips away; two letters that changed places are one."""

    def near(other: str) -> bool:
        return _within(word, other, edits)

    return near


@dataclass(frozen=True, slots=True)
class Alike:
    """What is taken for a folded word with slips in it: what is at most `edits` slips away, or what has a stem that is
    near the word's, by language with how many slips. A short stem has none: it would be like every other."""

    word: str
    edits: int
    stems: Mapping[str, tuple[str, int]]

    @classmethod
    def to(cls, word: str, edits: int, languages: Iterable[str]) -> Alike:
        stems = {language: term_of(word, language) for language in sorted({*languages} - {UNKNOWN})}
        most = {language: 0 if len(stem) < 4 else 1 if len(stem) < 6 else 2 for language, stem in stems.items()}
        return cls(
            fold(word),
            edits,
            {language: (stem, min(edits, most[language])) for language, stem in stems.items() if most[language]},
        )

    def fits(self, other: str) -> bool:
        """Whether another folded word is taken for it."""
        return _within(self.word, other, self.edits) or any(
            _within(near, stem(other, language), edits) for language, (near, edits) in self.stems.items()
        )


def _within(left: str, right: str, edits: int) -> bool:
    """Tries each slip where the words begin to differ: with one or two slips, a few comparisons of the rest."""
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
        _within(left[1:], right[1:], edits - 1)
        or _within(left[1:], right, edits - 1)
        or _within(left, right[1:], edits - 1)
        or (left[:2] == right[1::-1] and len(left) > 1 and _within(left[2:], right[2:], edits - 1))
    )


class _Words(dict[str, Analysed]):
    """The words of one language that were met last."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, raw: str) -> Analysed:
        word = _spelled(raw)
        found = Analysed(fold(word), terms_of(word, self._language))
        if len(self) >= REMEMBERED:
            self.clear()
        self[raw] = found
        return found


class _Stemmers(threading.local):
    """Stemmers for each thread: PyStemmer's objects are not to be shared."""

    def __init__(self) -> None:
        self._made: dict[str, Stemmer.Stemmer] = {}

    def of(self, language: str) -> Stemmer.Stemmer:
        if language not in self._made:
            self._made[language] = Stemmer.Stemmer(STEMMERS[language], 0)  # 0: it need not remember; terms_of does
        return self._made[language]


_stemmers = _Stemmers()


@cache
def words_of(language: str) -> Mapping[str, Analysed]:
    """Every raw word with how it is analysed; one that is no word has no form."""
    return _Words(language)
