"""The passage of a text that answers a query best, as safe HTML with the words marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from archive import analysis
from archive.query import Field, Fuzzy, Node, Phrase, Wildcard, Word, leaves

LENGTH = 240  # characters of a snippet, marks not counted
LONGEST_TEXT = 100_000  # characters looked at; what comes later in a text is found, but not shown
_CONTEXT = 40  # characters that are left before the first marked word, where there are any


class _Spelled(NamedTuple):
    """A word of the text: folded, with its place, and stemmed."""

    token: analysis.Token
    stem: str


Fits = Callable[[_Spelled], bool]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A stretch of the text, `text[start:end]`, that the query's word with this number asked for."""

    start: int
    end: int
    wanted: int


def snippet(query: Node | None, text: str, *, length: int = LENGTH) -> str:
    """At most `length` characters around the place with most of the query's words, cut at words.

    Safe in HTML: everything but <mark> is escaped. Without a hit, the beginning of the text."""
    looked_at = text[:LONGEST_TEXT]
    hits = _hits(query, looked_at, fields=(None, Field.SUMMARY, Field.BODY))
    start, end = _window(hits, looked_at, length)
    marked = _marked(looked_at, start, end, hits)
    before = "… " if looked_at[:start].strip() else ""
    after = " …" if looked_at[end:].strip() or len(text) > LONGEST_TEXT else ""
    return before + marked + after


def highlight(query: Node | None, title: str) -> str:
    """The whole title, safe in HTML, with the query's words marked."""
    return _marked(title, 0, len(title), _hits(query, title, fields=(None, Field.TITLE)))


def _hits(query: Node | None, text: str, *, fields: Sequence[Field | None]) -> list[_Hit]:
    """In the order of the text; none overlaps another."""
    wanted = [_sequence(leaf) for leaf in leaves(query) if leaf.field in fields]
    if not wanted:
        return []
    words = [_Spelled(token, analysis.stem(token.term)) for token in analysis.tokens(text)]
    beginning: dict[str, list[int]] = {}  # who may begin at a word; a text has few different ones
    found: dict[int, int] = {}  # word by word: the number of who asked for it
    for place, word in enumerate(words):
        if (numbers := beginning.get(word.token.term)) is None:
            numbers = [number for number, sequence in enumerate(wanted) if sequence[0](word)]
            beginning[word.token.term] = numbers
        for number in numbers:
            following = words[place : place + len(wanted[number])]
            if len(following) == len(wanted[number]) and all(map(_fit, wanted[number], following)):
                for at in range(place, place + len(following)):
                    found.setdefault(at, number)
    return [_Hit(words[place].token.start, words[place].token.end, found[place]) for place in sorted(found)]


def _fit(fits: Fits, word: _Spelled) -> bool:
    return fits(word)


def _sequence(leaf: Word | Phrase | Wildcard | Fuzzy) -> list[Fits]:
    """What each word of a stretch must be like."""
    if isinstance(leaf, Phrase):
        return [_same(word) for word in leaf.words]
    if isinstance(leaf, Word):
        return [_same(leaf.text)]
    if isinstance(leaf, Wildcard):
        pattern = leaf.expression
        return [lambda word: bool(pattern.fullmatch(word.token.term) or pattern.fullmatch(word.stem))]
    near_word = analysis.neighbours(analysis.fold(leaf.text), leaf.edits)
    near_stem = analysis.neighbours(analysis.term_of(leaf.text), leaf.edits)
    return [lambda word: near_word(word.token.term) or near_stem(word.stem)]


def _same(word: str) -> Fits:
    term = analysis.term_of(word)
    return lambda spelled: spelled.stem == term


def _window(hits: Sequence[_Hit], text: str, length: int) -> tuple[int, int]:
    """The stretch of the text to show: the most different words, the rarer in this text and the longer the better."""
    often = Counter(hit.wanted for hit in hits)
    worths = {hit.wanted: min(hit.end - hit.start, 6) * often[hit.wanted] ** -0.5 for hit in hits}
    best, first, last = (0.0, 0), 0, 0
    end = 0
    for begin, hit in enumerate(hits):
        end = max(end, begin)
        while end + 1 < len(hits) and hits[end + 1].end - hit.start <= length - _CONTEXT:
            end += 1
        within = hits[begin : end + 1]
        worth = sum(worths[wanted] for wanted in {held.wanted for held in within}), len(within)
        if worth > best:
            best, first, last = worth, hit.start, within[-1].end
    if not hits:
        first = last = 0
    spare = max(length - (last - first), 0)
    start = _backward(text, max(first - max(min(_CONTEXT, spare), spare // 3), 0), first)
    return start, _forward(text, min(start + length, len(text)), last)


def _backward(text: str, start: int, hit: int) -> int:
    """Where a snippet begins that may begin at `start`: at a sentence, if there is one, else at a word."""
    if start == 0:
        return 0
    stretch = text[start:hit]
    if sentence := re.search(r"(?:[.!?]\s+|\n\s*|[。！？])(?=\S)", stretch):
        return start + sentence.end()
    word = re.search(r"\s\S", text[start - 1 : hit])
    return start + word.start() if word else start


def _forward(text: str, end: int, hit: int) -> int:
    """Where a snippet ends that may end at `end`: after a whole word, but never before the last hit."""
    if end >= len(text) or text[end].isspace():
        return end
    word = text.rfind(" ", hit, end)
    return word if word > hit else end


def _marked(text: str, start: int, end: int, hits: Sequence[_Hit]) -> str:
    return _flowing("".join(_pieces(text, start, end, hits)))


def _pieces(text: str, start: int, end: int, hits: Sequence[_Hit]) -> Iterator[str]:
    at = start
    open_until = -1
    for hit in hits:
        if hit.start < start or hit.end > end:
            continue
        if hit.start != open_until:  # characters of a script without spaces are marked as one
            if open_until >= 0:
                yield "</mark>"
            yield escape(text[at : hit.start])
            yield "<mark>"
        yield escape(text[hit.start : hit.end])
        at = open_until = hit.end
    if open_until >= 0:
        yield "</mark>"
    yield escape(text[at:end])


def _flowing(text: str) -> str:
    return " ".join(text.split())
