"""Stop words, such as "of": by language, and for an archive of several languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from archive.search.analysis import fold

LISTS: Final = Path(__file__).parent / "stop_word_lists"  # one file per language; not every language has one
_LISTED_AS: Final = {"nb": "no", "nn": "no"}  # languages that share a list


def is_stop_word(word: str, languages: Iterable[str]) -> bool:
    """Whether a word, as typed, is a stop word of one of these languages. The abbreviation "IT" is not."""
    return not (word.isupper() and len(word) > 1) and any(fold(word) in stop_words(each) for each in languages)


def is_stop_word_here(word: str, language_counts: Mapping[str, int]) -> bool:
    """Whether at least half of the articles are in languages in which the word is a stop word.

    `language_counts`: articles by language. "war" is a German stop word ("was"), but must be searchable in an archive
    of English articles and a few German ones."""
    articles = sum(count for language, count in language_counts.items() if is_stop_word(word, (language,)))
    return articles > 0 and 2 * articles >= sum(language_counts.values())


@cache
def stop_words(language: str) -> frozenset[str]:
    """The folded stop words of a language, given by its primary subtag; empty if it has no list."""
    path = LISTS / f"{_LISTED_AS.get(language, language)}.txt"
    if not language.isalpha() or not path.exists():
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(fold(line) for line in lines if line and not line.startswith("#"))
