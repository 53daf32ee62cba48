"""Snippets: the passage of a text with most words of a query, as safe HTML with the words marked."""

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
from archive.search.edit_distance import FuzzyWord
from archive.search.query import Field, Fuzzy, Node, Phrase, Wildcard, Word, leaves

LENGTH = 240  # characters of a snippet, marks not counted
CHUNK: Final = 20_000  # characters of a text that are analysed word by word
OVERLAP: Final = 500  # characters of a chunk that belong to the next one, too
LONG_HTML: Final = 100_000  # characters
MAX_TEXT: Final = 1_000_000  # characters; words after them are found, but not shown
MAX_CHUNKS: Final = 3  # that are analysed until a hit is found
_CONTEXT = 40  # characters before the first marked word, where there are so many
_TAG: Final = re.compile("<[^>]*>")
_NO_LANGUAGES: Final[frozenset[str]] = frozenset()

Matcher = Callable[[Analysed], bool]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A passage, `text[start:end]`, that matches the query's leaf with the number `wanted`."""

    start: int
    end: int
    wanted: int


def snippet(
    query: Node | None, text: str, *, language: str = "en", languages: Set[str] = _NO_LANGUAGES, length: int = LENGTH
) -> str:
    """At most `length` characters around the passage with most of the query's words, cut at words.

    `language`: the language tag of the text. `languages`: other languages in which the query was analysed. A word is
    marked if the index finds the text by it. Safe in HTML: everything but <mark> is escaped. Without a hit, the
    beginning of the text. Of a long text, only a few chunks are analysed, which contain the beginnings of the words."""
    wanted = _Wanted(query, (None, Field.SUMMARY, Field.BODY), language, languages)
    chunks = [(0, CHUNK)] if len(text) <= CHUNK else _promising(text, wanted.prefixes)
    hits: list[_Hit] = []
    for begin, end in chunks:
        if hits := wanted.hits(text, begin, end):
            break
    return _shown(text, hits, length)


def snippet_of_html(
    query: Node | None, html: str, *, language: str = "en", languages: Set[str] = _NO_LANGUAGES, length: int = LENGTH
) -> str:
    """`snippet` of the text of clean HTML. Of a long one, only the chunks that are analysed are converted: two million
    characters of HTML take a tenth of a second, and there are ten hits on a page."""
    if len(html) <= LONG_HTML:
        return snippet(query, plain_text(html), language=language, languages=languages, length=length)
    wanted = _Wanted(query, (None, Field.SUMMARY, Field.BODY), language, languages)
    for begin, end in _promising(html, wanted.prefixes, html=True):
        text = plain_text(_between_tags(html[begin:end]))
        if hits := wanted.hits(text, 0, len(text)):
            return _shown(text, hits, length, cut_before=begin > 0, cut_after=end < len(html))
    return _shown(plain_text(_between_tags(html[:CHUNK])), [], length, cut_after=True)


def _between_tags(html: str) -> str:
    """A piece of clean HTML without the parts of tags at its ends. Its text contains no angle brackets."""
    first, last = html.find(">") + 1, html.rfind("<")
    begin = first if html.find("<", 0, first) < 0 else 0
    return html[begin : last if html.find(">", last) < 0 <= last else len(html)]


def _shown(text: str, hits: Sequence[_Hit], length: int, *, cut_before: bool = False, cut_after: bool = False) -> str:
    start, end = _window(hits, text, length)
    marked = _marked(text, start, end, hits)
    before = "… " if cut_before or text[:start].strip() else ""
    after = " …" if cut_after or text[end:].strip() else ""
    return before + marked + after


def highlight(query: Node | None, title: str, *, language: str = "en", languages: Set[str] = _NO_LANGUAGES) -> str:
    """The whole title, safe in HTML, with the query's words marked."""
    hits = _Wanted(query, (None, Field.TITLE), language, languages).hits(title, 0, len(title))
    return _marked(title, 0, len(title), hits)


class _Wanted:
    """The leaves of a query, to match in a text of one language."""

    def __init__(self, query: Node | None, fields: Sequence[Field | None], language: str, languages: Set[str]) -> None:
        self._language = analysis.language_of(language)
        self._languages = languages | {self._language}
        self.prefixes: list[str] = []  # of the words, folded
        self._sequences = [self._sequence(leaf) for leaf in leaves(query) if leaf.field in fields]

    def hits(self, text: str, begin: int, end: int) -> list[_Hit]:
        """In the order of the text, without overlaps."""
        if not self._sequences:
            return []
        words = list(analysis.located(text, self._language, begin, end))
        starting: dict[Analysed, list[int]] = {}  # the leaves that may start at a word; a text has few different words
        found: dict[int, int] = {}  # the leaf that matches the nth word
        for at, (word, _, _) in enumerate(words):
            if (numbers := starting.get(word)) is None:
                numbers = [number for number, sequence in enumerate(self._sequences) if sequence[0](word)]
                starting[word] = numbers
            for number in numbers:
                sequence = self._sequences[number]
                following = [word for word, _, _ in words[at : at + len(sequence)]]
                if len(following) == len(sequence) and all(map(_matches, sequence, following)):
                    for matched in range(at, at + len(following)):
                        found.setdefault(matched, number)
        return [_Hit(words[at][1], words[at][2], found[at]) for at in sorted(found)]

    def _sequence(self, leaf: Word | Phrase | Wildcard | Fuzzy) -> list[Matcher]:
        """One matcher for each word of a passage."""
        if isinstance(leaf, Phrase):
            return [self._same(word) for word in leaf.words]
        if isinstance(leaf, Word):
            return [self._same(leaf.text)]
        if isinstance(leaf, Wildcard):
            self.prefixes.append(leaf.prefix)
            pattern = leaf.expression
            return [lambda word: pattern.fullmatch(word.form) is not None]
        fuzzy = FuzzyWord.of(leaf.text, leaf.edits, self._languages)
        return [lambda word: fuzzy.matches(word.form)]

    def _same(self, word: str) -> Matcher:
        terms = frozenset(analysis.terms_in(word, self._languages))
        self.prefixes.append(commonprefix([analysis.fold(word), *terms]))  # noqa: RUF071 - of letters, not of paths
        return lambda spelled: not terms.isdisjoint(spelled.terms)


def _matches(matcher: Matcher, word: Analysed) -> bool:
    return matcher(word)


def _promising(text: str, prefixes: Sequence[str], *, html: bool = False) -> Iterator[tuple[int, int]]:
    """The chunks of a long text that contain most of the prefixes; then the first chunk.

    Not every one has a hit: a prefix is found in the middle of words, too."""
    different = sorted(set(filter(None, prefixes)))
    most = sum(min(len(each), 6) for each in different)
    letters: dict[int, int] = {}  # of the prefixes that a chunk contains, by its start
    for start in range(0, min(len(text), MAX_TEXT), CHUNK):
        chunk = text[start : start + CHUNK + OVERLAP]
        searchable = _searchable(_TAG.sub(" ", _between_tags(chunk)) if html else chunk)
        letters[start] = sum(min(len(each), 6) for each in different if each in searchable)
        if list(letters.values()).count(most) == MAX_CHUNKS:
            break
    best = sorted((start for start, count in letters.items() if count), key=lambda start: (-letters[start], start))
    for start in islice(dict.fromkeys([*best[:MAX_CHUNKS], 0]), MAX_CHUNKS):
        yield start, start + CHUNK + OVERLAP


def _searchable(text: str) -> str:
    """The text without case, followed by itself without accents: about as words are folded, but all at once."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    return plain + unicodedata.normalize("NFD", plain).encode("ascii", "ignore").decode()


def _window(hits: Sequence[_Hit], text: str, length: int) -> tuple[int, int]:
    """The start and end of the passage to show: that with most words, weighted by their length and rarity in the text."""
    counts = Counter(hit.wanted for hit in hits)
    weights = {hit.wanted: min(hit.end - hit.start, 6) * counts[hit.wanted] ** -0.5 for hit in hits}
    best, first, last = (0.0, 0), 0, 0
    end = 0
    for begin, hit in enumerate(hits):
        end = max(end, begin)
        while end + 1 < len(hits) and hits[end + 1].end - hit.start <= length - _CONTEXT:
            end += 1
        within = hits[begin : end + 1]
        score = sum(weights[wanted] for wanted in {each.wanted for each in within}), len(within)
        if score > best:
            best, first, last = score, hit.start, within[-1].end
    if not hits:
        first = last = 0
    spare = max(length - (last - first), 0)
    start = _backward(text, max(first - max(min(_CONTEXT, spare), spare // 3), 0), first)
    return start, _forward(text, min(start + length, len(text)), last)


def _backward(text: str, start: int, hit: int) -> int:
    """Where a snippet begins that may begin at `start`: with the next sentence before the hit, else with the next word."""
    if start == 0:
        return 0
    before = text[start:hit]
    if sentence := re.search(r"(?:[.!?]\s+|\n\s*|[。！？])(?=\S)", before):
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
