"""What was typed with some words spelled otherwise, and everything else as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from archive.search import analysis
from archive.search.query import Node, Phrase, Word, leaves

SHORTEST: Final = 4  # letters of a word that can be misspelled: of shorter ones, every other is like them
_FIELD: Final = re.compile(r"(?i)(?:title|summary|body|author|tag|section):")
_WILD: Final = "*?~"


def correctable(root: Node | None) -> Iterator[Word]:
    """The words of a query that may be misspelled, from left to right; those of phrases, too.

    Numbers are meant as they are, and of a script without spaces a word is a single character."""
    for leaf in leaves(root):
        if isinstance(leaf, Word | Phrase):
            for text in leaf.words if isinstance(leaf, Phrase) else (leaf.text,):
                if len(analysis.fold(text)) >= SHORTEST and not any(map(str.isdigit, text)):
                    yield Word(text, leaf.field)


def slips(word: str) -> int:
    """How many slips to look for: one in a short word, two in a longer one."""
    return 1 if len(word) < 6 else 2


def respelled(text: str, spellings: Mapping[str, str]) -> str:
    """`spellings`: folded words and what to put in their places, in capitals where they were typed so.

    Names of fields, and words with a wildcard or a tilde, are left alone."""
    pieces, at = [], 0
    for token in typed_words(text):
        spelling = spellings.get(token.term)
        around = text[token.start - 1 : token.start] + text[token.end : token.end + 1]
        if spelling is None or any(sign in around for sign in _WILD):
            continue
        pieces += [text[at : token.start], cased_like(text[token.start : token.end], spelling)]
        at = token.end
    return "".join([*pieces, text[at:]])


def typed_words(text: str) -> Iterator[analysis.Token]:
    """The words of what was typed, without the names of fields."""
    fields = {found.end() - 1 for found in _FIELD.finditer(text)}
    return (token for token in analysis.tokens(text) if token.end not in fields)


def cased_like(typed: str, spelling: str) -> str:
    """A word in capitals, or with a capital, where what was typed is."""
    if typed.isupper() and len(typed) > 1:
        return spelling.upper()
    return spelling[:1].upper() + spelling[1:] if typed[:1].isupper() else spelling
