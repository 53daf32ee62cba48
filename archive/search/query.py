"""The query language: typed text is parsed into a small tree that every search engine can execute.

    wheat export              either word, best with both
    "wheat export"            these words in this order
    +wheat -corn              wheat required, corn forbidden
    wheat AND (usa OR ussr)   also NOT; in capitals only, since "and" is a word
    title:wheat author:"jane doe" tag:usa section:grain
    export*  w*t  wheet~      prefixes, wildcards, misspellings

Everything else is words. No input is an error; parts that would cost too much are omitted, with a note."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from archive.search import analysis
from archive.search.edit_distance import max_edits

MAX_TEXT = 1000  # characters
MAX_WORDS = 32
MAX_PHRASE = 12  # words
MAX_DEPTH = 8  # of parentheses
MIN_FUZZY = 3  # letters of a word that is searched for with edits
MIN_PREFIX = 2  # letters before a "*" or "?"; with fewer, half of the term dictionary would match


class Field(StrEnum):
    """A field that a query can name; a query without one searches all fields."""

    TITLE = "title"
    SUMMARY = "summary"
    BODY = "body"
    AUTHOR = "author"
    TAG = "tag"
    SECTION = "section"


FIELD_NAMES: Final = "|".join(Field)  # as an alternation of a regular expression


@dataclass(frozen=True, slots=True)
class Word:
    """One word, as spelled."""

    text: str
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or more words, one directly after the other."""

    words: tuple[str, ...]
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A folded word in which "*" matches any letters and "?" one letter. It begins with a letter."""

    pattern: str
    field: Field | None = None

    @property
    def prefix(self) -> str:
        """The letters before the first "*" or "?"."""
        return re.split(r"[*?]", self.pattern, maxsplit=1)[0]

    @property
    def expression(self) -> re.Pattern[str]:
        """A pattern for `fullmatch` with a folded word.

        A part between two "*" matches at its first occurrence, atomically ("(?>"): backtracking to later occurrences
        cannot change the result, and with ten "*" it would take hours."""
        head, *parts = (re.escape(part).replace(r"\?", ".") for part in self.pattern.split("*"))
        between = "".join(f"(?>.*?{part})" for part in parts[:-1])
        return re.compile(head + between + "".join(f".*{part}" for part in parts[-1:]))


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word, and words within `edits` edits of it (see edit_distance)."""

    text: str
    edits: int
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that match all of `must` and none of `must_not`; each match of `wanted` adds to the score.

    Without `must`, at least one of `wanted` has to match. `must_not` alone matches all other documents."""

    wanted: tuple[Node, ...] = ()
    must: tuple[Node, ...] = ()
    must_not: tuple[Node, ...] = ()


Node = Word | Phrase | Wildcard | Fuzzy | Group


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """`root` is None if there is nothing to search for. `notes`: sentences that name the omitted parts."""

    root: Node | None
    notes: tuple[str, ...] = ()


def parse(text: str) -> ParsedQuery:
    """Parses a typed text. Never raises; takes time linear in the length of the text, at most MAX_TEXT."""
    parser = _Parser(text)
    root = parser.group(depth=0)
    return ParsedQuery(_simplified(root), tuple(dict.fromkeys(parser.notes)))


def leaves(node: Node | None) -> Iterator[Word | Phrase | Wildcard | Fuzzy]:
    """The leaves to search for and highlight: those of `must`, then of `wanted`, without `must_not`."""
    if isinstance(node, Group):
        for part in (*node.must, *node.wanted):
            yield from leaves(part)
    elif node is not None:
        yield node


def without_stop_words(node: Node, is_stop_word: Callable[[str], bool]) -> Node:
    """The tree without stop words, if other words are left.

    Required words and words in phrases stay, and so do all words of "to be or not to be"."""
    if not isinstance(node, Group):
        return node
    wanted = tuple(without_stop_words(part, is_stop_word) for part in node.wanted)
    others = tuple(part for part in wanted if not _is_stop(part, is_stop_word))
    must = tuple(without_stop_words(part, is_stop_word) for part in node.must)
    return _simplified(replace(node, wanted=others if others or must else wanted, must=must)) or node


def _is_stop(node: Node, is_stop_word: Callable[[str], bool]) -> bool:
    return isinstance(node, Word) and node.field is None and is_stop_word(node.text)


# The lexemes of the language; everything between them separates words.
_LEXEME: Final = re.compile(
    rf"""
      (?P<sign>   (?<![^\s(]) [+-] (?=[^\s+-]) )        # +must -not: at the beginning of a word only
    | (?P<open>   \( )
    | (?P<close>  \) )
    | (?P<field>  (?:{FIELD_NAMES}) : (?=[^\s:]) )
    | (?P<phrase> ["“”„«»] (?P<quoted>[^"“”„«»]*) (?:["“”„«»]|$) )
    | (?P<word>   [^\s()"“”„«»]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OPERATORS: Final = frozenset({"AND", "OR", "NOT", "&&", "||"})
_FUZZY: Final = re.compile(r"~\d*$")


@dataclass(frozen=True, slots=True)
class _Clause:
    node: Node
    sign: str  # "+", "-" or ""
    operator: str  # the operator before it: "AND", "OR" or ""
    unquoted: bool = False  # a word with several parts, such as "wheat-export", not in quotation marks


class _Parser:
    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        if len(text) > MAX_TEXT:
            self.notes.append(f"Only the first {MAX_TEXT} characters were searched for.")
            text = text[:MAX_TEXT]
        self.pieces = list(_LEXEME.finditer(text))
        self.at = 0
        self.words = 0

    def group(self, *, depth: int, field: Field | None = None) -> Group:
        """The clauses up to the parenthesis that closes this group, or to the end."""
        clauses: list[_Clause] = []
        sign, operator, in_field = "", "", field
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            kind = piece.lastgroup if piece.lastgroup != "quoted" else "phrase"
            if kind == "close":
                if depth:
                    break
                continue
            if kind == "sign":
                sign = piece[0]
                continue
            if kind == "field":
                in_field = Field(piece[0][:-1].lower())
                continue
            if kind == "word" and piece[0] in _OPERATORS and in_field is field:
                if piece[0] == "NOT":
                    sign = "-"
                else:
                    operator = "AND" if piece[0] in ("AND", "&&") else "OR"
                continue
            node = self._node(kind or "", piece, depth=depth, field=in_field)
            if node is not None:
                clauses.append(_Clause(node, sign, operator if clauses else "", unquoted=kind == "word"))
            sign, operator, in_field = "", "", field
        return _group_of(clauses)

    def _node(self, kind: str, piece: re.Match[str], *, depth: int, field: Field | None) -> Node | None:
        if kind == "open":
            if depth < MAX_DEPTH:
                return _simplified(self.group(depth=depth + 1, field=field))
            self.notes.append(f"Parentheses deeper than {MAX_DEPTH} were ignored.")
            return None
        if kind == "phrase":
            return self._phrase(analysis.words(piece["quoted"]), field)
        return self._word(piece[0], field)

    def _phrase(self, words: list[str], field: Field | None) -> Node | None:
        if len(words) > MAX_PHRASE:
            self.notes.append(f"Only the first {MAX_PHRASE} words of a phrase were searched for.")
        words = self._affordable(words[:MAX_PHRASE])
        if len(words) > 1:
            return Phrase(tuple(words), field)
        return Word(words[0], field) if words else None

    def _word(self, text: str, field: Field | None) -> Node | None:
        if "*" in text or "?" in text.rstrip("?!.,;:"):  # a question mark at the end ends a question
            return self._wildcard(text, field)
        fuzzy = _FUZZY.search(text)
        words = analysis.words(text)
        if fuzzy is not None and len(words) >= 1:
            words = analysis.words(text[: fuzzy.start()])
            if len(words) == 1:
                return self._fuzzy(words[0], fuzzy[0][1:], field)
        return self._phrase(words, field)

    def _fuzzy(self, word: str, edits: str, field: Field | None) -> Node | None:
        if not self._affordable([word]):
            return None
        allowed = min(int(edits[:4]) if edits else 1, max_edits(word, min_letters=MIN_FUZZY))
        return Fuzzy(word, allowed, field) if allowed else Word(word, field)

    def _wildcard(self, text: str, field: Field | None) -> Node | None:
        pieces = re.split(r"([*?]+)", text.strip("~!.,;:"))
        if any(len(analysis.words(piece + piece)) > 1 for piece in pieces[::2]):
            # Several words, or a script in which every character is a word: a phrase has the same matches.
            return self._phrase(analysis.words(text), field)
        letters = [analysis.fold(piece) if analysis.words(piece) else "" for piece in pieces[::2]]
        wild = ["*" if "*" in piece else piece for piece in pieces[1::2]] + [""]
        pattern = "".join(letter + sign for letter, sign in zip(letters, wild, strict=True))
        if not pattern.strip("*?"):
            return None
        found = Wildcard(pattern[: analysis.MAX_TERM], field)
        if len(found.prefix) < MIN_PREFIX:
            self.notes.append(f"“{text[:40]}” was left out: a * or ? needs at least {MIN_PREFIX} letters before it.")
            return None
        return found if self._affordable([found.pattern]) else None

    def _affordable(self, words: list[str]) -> list[str]:
        """The words that are within MAX_WORDS, counted over the whole query."""
        kept = words[: MAX_WORDS - self.words]
        if len(kept) < len(words):
            self.notes.append(f"Only the first {MAX_WORDS} words were searched for.")
        self.words += len(kept)
        return kept


def _group_of(clauses: list[_Clause]) -> Group:
    """The group of some clauses. As in Lucene, AND requires both its sides, OR neither; "+" and "-" apply to the next
    clause only."""
    wanted: list[Node] = []
    must: list[Node] = []
    must_not: list[Node] = []
    for number, clause in enumerate(clauses):
        next_operator = clauses[number + 1].operator if number + 1 < len(clauses) else ""
        if clause.sign == "-":
            must_not.append(clause.node)
        elif clause.sign == "+" or clause.operator == "AND" or next_operator == "AND":
            must.append(clause.node)
        else:
            wanted.extend(_wanted_nodes(clause))
    return Group(_unique(wanted), _unique(must), _unique(must_not))


def _wanted_nodes(clause: _Clause) -> Iterator[Node]:
    """The nodes of an optional clause. Those of "wheat-export" are its words; if required or forbidden, it is a phrase.

    In a script without spaces, a piece may be several words with unknown boundaries: its nodes are all pairs of
    adjacent characters."""
    node = clause.node
    if not clause.unquoted or not isinstance(node, Phrase) or node.field in (Field.AUTHOR, Field.TAG, Field.SECTION):
        yield node
        return
    unspaced = [analysis.is_unspaced(word) for word in node.words]
    for number, word in enumerate(node.words):
        followed = number + 1 < len(node.words) and unspaced[number + 1]
        preceded = number > 0 and unspaced[number - 1]
        if unspaced[number] and followed:
            yield Phrase(node.words[number : number + 2], node.field)
        elif not (unspaced[number] and preceded):
            yield Word(word, node.field)


def _unique(nodes: list[Node]) -> tuple[Node, ...]:
    """The nodes without duplicates. "export" and "exports" are duplicates; the names "Jones" and "Jone" are not, since
    names are not stemmed."""
    return tuple({_searched_term(node): node for node in reversed(nodes)}.values())[::-1]


def _searched_term(node: Node) -> object:
    if not isinstance(node, Word):
        return node
    return (analysis.fold if node.field is Field.AUTHOR else analysis.term_of)(node.text), node.field


def _simplified(node: Node) -> Node | None:
    """The only node of a group of one; None for an empty group; else the node itself."""
    if not isinstance(node, Group):
        return node
    if not node.must_not and len(node.wanted) + len(node.must) <= 1:
        return next(iter((*node.wanted, *node.must)), None)
    return node
