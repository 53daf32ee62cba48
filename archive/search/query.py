"""What a person types, as a small tree that every search engine can translate.

    wheat export              both wanted, neither required
    "wheat export"            these words in this order
    +wheat -corn              wheat required, corn forbidden
    wheat AND (usa OR ussr)   also NOT; only in capitals, since "and" is a word
    title:wheat author:"jane doe" tag:usa section:grain
    export*  w*t  wheet~      beginnings, any letters, misspellings

Anything else is words. No input is an error; what would cost too much is left out, and a note says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from archive.search import analysis

LONGEST_TEXT = 1000  # characters of what is typed
MOST_WORDS = 32
LONGEST_PHRASE = 12  # words
DEEPEST = 8  # parentheses in parentheses
SHORTEST_PREFIX = 2  # letters before a "*": with fewer, the answer would be half of the dictionary


class Field(StrEnum):
    """Where to look. Without a field: in all of them."""

    TITLE = "title"
    SUMMARY = "summary"
    BODY = "body"
    AUTHOR = "author"
    TAG = "tag"
    SECTION = "section"


@dataclass(frozen=True, slots=True)
class Word:
    """One word, as it was spelled."""

    text: str
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two words or more that follow one another."""

    words: tuple[str, ...]
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A folded word in which "*" stands for any letters and "?" for one; it begins with a letter."""

    pattern: str
    field: Field | None = None

    @property
    def prefix(self) -> str:
        """What stands before the first "*" or "?"."""
        return re.split(r"[*?]", self.pattern, maxsplit=1)[0]

    @property
    def expression(self) -> re.Pattern[str]:
        """For `fullmatch` with a folded word.

        What stands between two "*" is taken where it comes first, and stays there ("(?>"): trying it further on finds
        nothing else, and with ten "*" takes hours."""
        head, *parts = (re.escape(part).replace(r"\?", ".") for part in self.pattern.split("*"))
        between = "".join(f"(?>.*?{part})" for part in parts[:-1])
        return re.compile(head + between + "".join(f".*{part}" for part in parts[-1:]))


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word that may be misspelled: up to `edits` letters added, dropped or changed."""

    text: str
    edits: int
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Everything of `must` and nothing of `must_not`; each of `wanted` adds to the score.

    Without `must` at least one of `wanted` has to be there. With `must_not` alone: all but those."""

    wanted: tuple[Node, ...] = ()
    must: tuple[Node, ...] = ()
    must_not: tuple[Node, ...] = ()


Node = Word | Phrase | Wildcard | Fuzzy | Group


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """`root` is None where nothing is left to look for. `notes` say in a sentence each what was left out."""

    root: Node | None
    notes: tuple[str, ...] = ()


def parse(text: str) -> ParsedQuery:
    """The tree of what was typed. Never raises; the work is linear in LONGEST_TEXT."""
    parser = _Parser(text)
    root = parser.group(depth=0)
    return ParsedQuery(_lifted(root), tuple(dict.fromkeys(parser.notes)))


def leaves(node: Node | None) -> Iterator[Word | Phrase | Wildcard | Fuzzy]:
    """What is looked for, without what is forbidden, from left to right."""
    if isinstance(node, Group):
        for part in (*node.must, *node.wanted):
            yield from leaves(part)
    elif node is not None:
        yield node


def without_stop_words(node: Node, is_stop_word: Callable[[str], bool]) -> Node:
    """Without words that say nothing by themselves, as long as others are left to look for.

    Those that must be there stay, and those in phrases; "to be or not to be" stays whole."""
    if not isinstance(node, Group):
        return node
    wanted = tuple(without_stop_words(part, is_stop_word) for part in node.wanted)
    telling = tuple(part for part in wanted if not _is_stop(part, is_stop_word))
    must = tuple(without_stop_words(part, is_stop_word) for part in node.must)
    return _lifted(replace(node, wanted=telling if telling or must else wanted, must=must)) or node


def _is_stop(node: Node, is_stop_word: Callable[[str], bool]) -> bool:
    return isinstance(node, Word) and node.field is None and is_stop_word(node.text)


# What is typed falls into these pieces; everything between them parts words.
_LEXEME: Final = re.compile(
    r"""
      (?P<sign>   (?<![^\s(]) [+-] (?=[^\s+-]) )        # +must -not: at the beginning of a word only
    | (?P<open>   \( )
    | (?P<close>  \) )
    | (?P<field>  (?:title|summary|body|author|tag|section) : (?=[^\s:]) )
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
    joined: str  # the operator before it: "AND", "OR" or ""
    loose: bool = False  # a phrase that nobody put in quotation marks


class _Parser:
    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        if len(text) > LONGEST_TEXT:
            self.notes.append(f"Only the first {LONGEST_TEXT} characters were searched for.")
            text = text[:LONGEST_TEXT]
        self.pieces = list(_LEXEME.finditer(text))
        self.at = 0
        self.words = 0

    def group(self, *, depth: int, field: Field | None = None) -> Group:
        """Everything up to the parenthesis that closes this group, or the end."""
        clauses: list[_Clause] = []
        sign, joined, here = "", "", field
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
                here = Field(piece[0][:-1].lower())
                continue
            if kind == "word" and piece[0] in _OPERATORS and here is field:
                if piece[0] == "NOT":
                    sign = "-"
                else:
                    joined = "AND" if piece[0] in ("AND", "&&") else "OR"
                continue
            node = self._node(kind or "", piece, depth=depth, field=here)
            if node is not None:
                clauses.append(_Clause(node, sign, joined if clauses else "", loose=kind == "word"))
            sign, joined, here = "", "", field
        return _grouped(clauses)

    def _node(self, kind: str, piece: re.Match[str], *, depth: int, field: Field | None) -> Node | None:
        if kind == "open":
            if depth < DEEPEST:
                return _lifted(self.group(depth=depth + 1, field=field))
            self.notes.append(f"Parentheses deeper than {DEEPEST} were ignored.")
            return None
        if kind == "phrase":
            return self._phrase(analysis.words(piece["quoted"]), field)
        return self._word(piece[0], field)

    def _phrase(self, words: list[str], field: Field | None) -> Node | None:
        if len(words) > LONGEST_PHRASE:
            self.notes.append(f"Only the first {LONGEST_PHRASE} words of a phrase were searched for.")
        words = self._affordable(words[:LONGEST_PHRASE])
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
        # One slip in a short word, two in a longer one: with more, every word would be like every other.
        most = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
        wanted = min(int(edits[:4]) if edits else 1, most) if most else 0
        return Fuzzy(word, wanted, field) if wanted else Word(word, field)

    def _wildcard(self, text: str, field: Field | None) -> Node | None:
        pieces = re.split(r"([*?]+)", text.strip("~!.,;:"))
        if any(len(analysis.words(piece + piece)) > 1 for piece in pieces[::2]):
            # Several words, or a script in which every character is one: the phrase says it already.
            return self._phrase(analysis.words(text), field)
        letters = [analysis.fold(piece) if analysis.words(piece) else "" for piece in pieces[::2]]
        wild = ["*" if "*" in piece else piece for piece in pieces[1::2]] + [""]
        pattern = "".join(letter + sign for letter, sign in zip(letters, wild, strict=True))
        if not pattern.strip("*?"):
            return None
        found = Wildcard(pattern[: analysis.LONGEST_TERM], field)
        if len(found.prefix) < SHORTEST_PREFIX:
            self.notes.append(
                f"“{text[:40]}” was left out: at least {SHORTEST_PREFIX} letters must stand before a * or ?."
            )
            return None
        return found if self._affordable([found.pattern]) else None

    def _affordable(self, words: list[str]) -> list[str]:
        """As many of the words as may still be looked for."""
        kept = words[: MOST_WORDS - self.words]
        if len(kept) < len(words):
            self.notes.append(f"Only the first {MOST_WORDS} words were searched for.")
        self.words += len(kept)
        return kept


def _grouped(clauses: list[_Clause]) -> Group:
    """Lucene's reading of the operators: AND requires both its sides, OR neither, "+" and "-" one word."""
    wanted: list[Node] = []
    must: list[Node] = []
    must_not: list[Node] = []
    for place, clause in enumerate(clauses):
        following = clauses[place + 1].joined if place + 1 < len(clauses) else ""
        if clause.sign == "-":
            must_not.append(clause.node)
        elif clause.sign == "+" or clause.joined == "AND" or following == "AND":
            must.append(clause.node)
        else:
            wanted.extend(_parts(clause))
    return Group(_different(wanted), _different(must), _different(must_not))


def _parts(clause: _Clause) -> Iterator[Node]:
    """ "wheat-export" is a phrase when it is required or forbidden; wanted, each of its words is welcome.

    In a script without spaces, what is typed at a stretch is several words; its pairs of characters are
    welcome, as there is no telling where the words end."""
    node = clause.node
    if not clause.loose or not isinstance(node, Phrase) or node.field in (Field.AUTHOR, Field.TAG, Field.SECTION):
        yield node
        return
    unspaced = [analysis.is_unspaced(word) for word in node.words]
    for place, word in enumerate(node.words):
        following = place + 1 < len(node.words) and unspaced[place + 1]
        preceded = place > 0 and unspaced[place - 1]
        if unspaced[place] and following:
            yield Phrase(node.words[place : place + 2], node.field)
        elif not (unspaced[place] and preceded):
            yield Word(word, node.field)


def _different(nodes: list[Node]) -> tuple[Node, ...]:
    """Each once: "export" and "exports" ask for the same; of names, which are not stemmed, "Jones" and "Jone" do not."""
    return tuple({_asked_for(node): node for node in reversed(nodes)}.values())[::-1]


def _asked_for(node: Node) -> object:
    if not isinstance(node, Word):
        return node
    return (analysis.fold if node.field is Field.AUTHOR else analysis.term_of)(node.text), node.field


def _lifted(node: Node) -> Node | None:
    """The same without groups of one, and None for a group of nothing."""
    if not isinstance(node, Group):
        return node
    if not node.must_not and len(node.wanted) + len(node.must) <= 1:
        return next(iter((*node.wanted, *node.must)), None)
    return node
