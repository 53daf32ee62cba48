"""Snippets: the passage of a text with the most query words, as safe HTML with these words in <mark>."""

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

LENGTH = 240  # characters of a snippet, without tags
CHUNK: Final = 20_000  # characters that are analysed word by word together
OVERLAP: Final = 500  # characters that a chunk shares with the next one
LONG_HTML_THRESHOLD: Final = 100_000  # characters; longer HTML is converted to text by chunks
MAX_TEXT: Final = 1_000_000  # characters; words beyond are found by the index, but not shown
MAX_CHUNKS: Final = 3  # chunks to analyse until one has a hit
_CONTEXT = 40  # characters to show before the first marked word, if available
_TAG: Final = re.compile("<[^>]*>")
_NO_LANGUAGES: Final[frozenset[str]] = frozenset()

Matcher = Callable[[Analysed], bool]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A passage, `text[start:end]`, that matches the leaf with this number in the query."""

    start: int
    end: int
    leaf: int


def snippet(
    query: Node | None, text: str, *, language: str = "en", languages: Set[str] = _NO_LANGUAGES, length: int = LENGTH
) -> str:
    """At most `length` characters around the passage with the most query words, cut at word boundaries; the beginning
    of the text if it has none.

    `language`: the language tag of the text. `languages`: other languages that the query was analysed in. A word is
    marked if the index finds the text by it. Safe in HTML: everything but <mark> is escaped. Of a long text, only up to
    MAX_CHUNKS chunks are analysed, those that contain the prefixes of the most query words."""
    matcher = _QueryMatcher(query, (None, Field.SUMMARY, Field.BODY), language, languages)
    chunks = [(0, CHUNK)] if len(text) <= CHUNK else _promising(text, matcher.prefixes)
    hits: list[_Hit] = []
    for begin, end in chunks:
        if hits := matcher.hits(text, begin, end):
            break
    return _shown(text, hits, length)


def snippet_of_html(
    query: Node | None, html: str, *, language: str = "en", languages: Set[str] = _NO_LANGUAGES, length: int = LENGTH
) -> str:
    """`snippet` for the text of clean HTML. Of long HTML, only the analysed chunks are converted to text: converting
    two million characters takes a tenth of a second, and a page has ten hits."""
    if len(html) <= LONG_HTML_THRESHOLD:
        return snippet(query, plain_text(html), language=language, languages=languages, length=length)
    matcher = _QueryMatcher(query, (None, Field.SUMMARY, Field.BODY), language, languages)
    for begin, end in _promising(html, matcher.prefixes, html=True):
        text = plain_text(_between_tags(html[begin:end]))
        if hits := matcher.hits(text, 0, len(text)):
            return _shown(text, hits, length, cut_before=begin > 0, cut_after=end < len(html))
    return _shown(plain_text(_between_tags(html[:CHUNK])), [], length, cut_after=True)


def _between_tags(html: str) -> str:
    """A slice of clean HTML without partial tags at its ends. Text in clean HTML contains no angle brackets."""
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
    """The whole title, safe in HTML, with the query words marked."""
    hits = _QueryMatcher(query, (None, Field.TITLE), language, languages).hits(title, 0, len(title))
    return _marked(title, 0, len(title), hits)


class _QueryMatcher:
    """The matchers for a query's leaves, in a text of one language."""

    def __init__(self, query: Node | None, fields: Sequence[Field | None], language: str, languages: Set[str]) -> None:
        self._language = analysis.language_of(language)
        self._languages = languages | {self._language}
        self.prefixes: list[str] = []  # folded; each word of the query matches only words with one of these prefixes
        self._sequences = [self._sequence(leaf) for leaf in leaves(query) if leaf.field in fields]

    def hits(self, text: str, begin: int, end: int) -> list[_Hit]:
        """The hits in `text[begin:end]` in order, without overlaps."""
        if not self._sequences:
            return []
        words = list(analysis.located(text, self._language, begin, end))
        starting: dict[Analysed, list[int]] = {}  # leaves that may start at a word; a text has few distinct words
        found: dict[int, int] = {}  # by word number, the leaf that it matches
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
        """One matcher for each word of a matching passage."""
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
    """The chunks of a long text that contain the most prefixes; then the first chunk.

    A chunk need not have a hit, since prefixes also occur in the middle of words."""
    distinct = sorted(set(filter(None, prefixes)))
    max_letters = sum(min(len(each), 6) for each in distinct)
    letters: dict[int, int] = {}  # by start of a chunk, the letters of the prefixes that it contains
    for start in range(0, min(len(text), MAX_TEXT), CHUNK):
        chunk = text[start : start + CHUNK + OVERLAP]
        searchable = _searchable(_TAG.sub(" ", _between_tags(chunk)) if html else chunk)
        letters[start] = sum(min(len(each), 6) for each in distinct if each in searchable)
        if list(letters.values()).count(max_letters) == MAX_CHUNKS:
            break
    best = sorted((start for start, count in letters.items() if count), key=lambda start: (-letters[start], start))
    for start in islice(dict.fromkeys([*best[:MAX_CHUNKS], 0]), MAX_CHUNKS):
        yield start, start + CHUNK + OVERLAP


def _searchable(text: str) -> str:
    """The case-folded text, followed by itself without accents: approximates `analysis.fold` for a whole text."""
    plain = text.casefold()
    if plain.isascii():
        return plain
    return plain + unicodedata.normalize("NFD", plain).encode("ascii", "ignore").decode()


def _window(hits: Sequence[_Hit], text: str, length: int) -> tuple[int, int]:
    """The start and end of the passage with the most leaves, weighted by their length and rarity in the text."""
    counts = Counter(hit.leaf for hit in hits)
    weights = {hit.leaf: min(hit.end - hit.start, 6) * counts[hit.leaf] ** -0.5 for hit in hits}
    best, first, last = (0.0, 0), 0, 0
    end = 0
    for begin, hit in enumerate(hits):
        end = max(end, begin)
        while end + 1 < len(hits) and hits[end + 1].end - hit.start <= length - _CONTEXT:
            end += 1
        within = hits[begin : end + 1]
        score = sum(weights[leaf] for leaf in {each.leaf for each in within}), len(within)
        if score > best:
            best, first, last = score, hit.start, within[-1].end
    if not hits:
        first = last = 0
    spare = max(length - (last - first), 0)
    start = _backward(text, max(first - max(min(_CONTEXT, spare), spare // 3), 0), first)
    return start, _forward(text, min(start + length, len(text)), last)


def _backward(text: str, start: int, hit: int) -> int:
    """Where a snippet begins, from `start` on: at the next sentence before the hit, else at the next word."""
    if start == 0:
        return 0
    before = text[start:hit]
    if sentence := re.search(r"(?:[.!?]\s+|\n\s*|[。！？])(?=\S)", before):
        return start + sentence.end()
    word = re.search(r"\s\S", text[start - 1 : hit])
    return start + word.start() if word else start


def _forward(text: str, end: int, hit: int) -> int:
    """Where a snippet ends, at most at `end`: after a whole word, but not before `hit`, the end of the last hit."""
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
        if hit.start != open_until:  # adjacent characters of a script without spaces share one <mark>
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
