"""The passage of a text that answers a query best, as safe HTML with the words marked."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from html import escape
from itertools import islice
from os.path import commonprefix
from typing import Final

from archive.content.text import plain_text
from archive.search import analysis
from archive.search.analysis import Analysed
from archive.search.query import Field, Fuzzy, Node, Phrase, Wildcard, Word, leaves

LENGTH = 240  # characters of a snippet, marks not counted
STRETCH: Final = 20_000  # characters of a text that are looked at word by word
OVERLAP: Final = 500
LONG_HTML: Final = 100_000
LONGEST_TEXT: Final = 1_000_000  # characters; what comes later in a text is found, but not shown
MOST_STRETCHES: Final = 3  # that are looked at word by word until a hit is found
_CONTEXT = 40  # characters that are left before the first marked word, where there are any
_TAG: Final = re.compile("<[^>]*>")
_NOWHERE: Final[frozenset[str]] = frozenset()

Fits = Callable[[Analysed], bool]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A stretch of the text, `text[start:end]`, that the query's word with this number asked for."""

    start: int
    end: int
    wanted: int


def snippet(
    query: Node | None, text: str, *, language: str = "en", languages: Set[str] = _NOWHERE, length: int = LENGTH
) -> str:
    """At most `length` characters around the place with most of the query's words, cut at words.

    `language`: the tag of the text's; `languages`: by whose rules the query was looked for beside it. A word is
    marked where the index finds the text by it. Safe in HTML: everything but <mark> is escaped. Without a hit,
    the beginning of the text. Of a long text, a few stretches are looked at that have what the words begin with."""
    wanted = _Wanted(query, (None, Field.SUMMARY, Field.BODY), language, languages)
    stretches = [(0, STRETCH)] if len(text) <= STRETCH else _promising(text, wanted.beginnings)
    hits: list[_Hit] = []
    for begin, end in stretches:
        if hits := wanted.hits(text, begin, end):
            break
    return _shown(text, hits, length)


def snippet_of_html(
    query: Node | None, html: str, *, language: str = "en", languages: Set[str] = _NOWHERE, length: int = LENGTH
) -> str:
    """The same of the text in clean HTML. Of a long one, only the stretches that are looked at are made text:
    two million characters of HTML take a tenth of a second, and there are ten on a page."""
    if len(html) <= LONG_HTML:
        return snippet(query, plain_text(html), language=language, languages=languages, length=length)
    wanted = _Wanted(query, (None, Field.SUMMARY, Field.BODY), language, languages)
    for begin, end in _promising(html, wanted.beginnings, html=True):
        text = plain_text(_between_tags(html[begin:end]))
        if hits := wanted.hits(text, 0, len(text)):
            return _shown(text, hits, length, cut_before=begin > 0, cut_after=end < len(html))
    return _shown(plain_text(_between_tags(html[:STRETCH])), [], length, cut_after=True)


def _between_tags(html: str) -> str:
    """A piece of clean HTML, in which text has no angle brackets, without the parts of tags at its ends."""
    first, last = html.find(">") + 1, html.rfind("<")
    begin = first if html.find("<", 0, first) < 0 else 0
    return html[begin : last if html.find(">", last) < 0 <= last else len(html)]


def _shown(text: str, hits: Sequence[_Hit], length: int, *, cut_before: bool = False, cut_after: bool = False) -> str:
    start, end = _window(hits, text, length)
    marked = _marked(text, start, end, hits)
    before = "… " if cut_before or text[:start].strip() else ""
    after = " …" if cut_after or text[end:].strip() else ""
    return before + marked + after


def highlight(query: Node | None, title: str, *, language: str = "en", languages: Set[str] = _NOWHERE) -> str:
    """The whole title, safe in HTML, with the query's words marked."""
    hits = _Wanted(query, (None, Field.TITLE), language, languages).hits(title, 0, len(title))
    return _marked(title, 0, len(title), hits)


class _Wanted:
    """What a query looks for in a text of one language."""

    def __init__(self, query: Node | None, fields: Sequence[Field | None], language: str, languages: Set[str]) -> None:
        self._language = analysis.language_of(language)
        self._languages = languages | {self._language}
        self.beginnings: list[str] = []  # of words, folded
        self._sequences = [self._sequence(leaf) for leaf in leaves(query) if leaf.field in fields]

    def hits(self, text: str, begin: int, end: int) -> list[_Hit]:
        """In the order of the text; none overlaps another."""
        if not self._sequences:
            return []
        words = list(analysis.located(text, self._language, begin, end))
        beginning: dict[Analysed, list[int]] = {}  # who may begin at a word; a text has few different ones
        found: dict[int, int] = {}  # word by word: the number of who asked for it
        for place, (word, _, _) in enumerate(words):
            if (numbers := beginning.get(word)) is None:
                numbers = [number for number, sequence in enumerate(self._sequences) if sequence[0](word)]
                beginning[word] = numbers
            for number in numbers:
                sequence = self._sequences[number]
                following = [word for word, _, _ in words[place : place + len(sequence)]]
                if len(following) == len(sequence) and all(map(_fit, sequence, following)):
                    for at in range(place, place + len(following)):
                        found.setdefault(at, number)
        return [_Hit(words[place][1], words[place][2], found[place]) for place in sorted(found)]

    def _sequence(self, leaf: Word | Phrase | Wildcard | Fuzzy) -> list[Fits]:
        """What each word of a stretch must be like."""
        if isinstance(leaf, Phrase):
            return [self._same(word) for word in leaf.words]
        if isinstance(leaf, Word):
            return [self._same(leaf.text)]
        if isinstance(leaf, Wildcard):
            self.beginnings.append(leaf.prefix)
            pattern = leaf.expression
            return [lambda word: pattern.fullmatch(word.form) is not None]
        near = analysis.Alike.to(leaf.text, leaf.edits, self._languages)
        return [lambda word: near.fits(word.form)]

    def _same(self, word: str) -> Fits:
        terms = frozenset(analysis.terms_in(word, self._languages))
        self.beginnings.append(commonprefix([analysis.fold(word), *terms]))  # noqa: RUF071 - of letters, not of paths
        return lambda spelled: not terms.isdisjoint(spelled.terms)


def _fit(fits: Fits, word: Analysed) -> bool:
    return fits(word)


def _promising(text: str, beginnings: Sequence[str], *, html: bool = False) -> Iterator[tuple[int, int]]:
    """The stretches of a long text that have most of the beginnings; then the first one.

    A beginning may stand in the middle of a word, too; so that there is not always a hit."""
    different = sorted(set(filter(None, beginnings)))
    most = sum(min(len(each), 6) for each in different)
    worths: dict[int, int] = {}
    for start in range(0, min(len(text), LONGEST_TEXT), STRETCH):
        stretch = text[start : start + STRETCH + OVERLAP]
        searchable = _searchable(_TAG.sub(" ", _between_tags(stretch)) if html else stretch)
        worths[start] = sum(min(len(each), 6) for each in different if each in searchable)
        if list(worths.values()).count(most) == MOST_STRETCHES:
            break
    best = sorted((start for start, worth in worths.items() if worth), key=lambda start: (-worths[start], start))
    for start in islice(dict.fromkeys([*best[:MOST_STRETCHES], 0]), MOST_STRETCHES):
        yield start, start + STRETCH + OVERLAP


def _searchable(text: str) -> str:
    """Without case, and without accents beside it: much like words are folded, but all at once."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    return plain + unicodedata.normalize("NFD", plain).encode("ascii", "ignore").decode()


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
