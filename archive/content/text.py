"""Plain text from HTML; its first heading and first sentence."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterator
from typing import Final

import lxml.html
from lxml import etree

_BLOCKS: Final = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th "
    "thead tr ul".split()
)
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…।؟۔։።])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W\d_a-z])|(?<=[。！？])")
MAX_SENTENCE: Final = 2_000  # characters searched for the end of a sentence
MAX_ABBREVIATION: Final = 20  # characters, full stops included
_ABBREVIATION: Final = re.compile(r"(?:^|[\s(])(?:[^\W\d_]|[A-Z][a-z]{1,2}|[^\W\d_](?:\.[^\W\d_])+|Prof|Capt|Sept)\.$")


def plain_text(html: str) -> str:
    """The visible text; an empty line separates block elements."""
    if not html or html.isspace():
        return ""
    if "<" not in html:
        return " ".join(html_entities.unescape(html).split())
    pieces = "".join(_text_of(_parsed(html)))
    blocks = (" ".join(block.split()) for block in pieces.split("\0"))
    return "\n\n".join(block for block in blocks if block)


def first_heading(html: str) -> str | None:
    """The text of the first `<h1>`…`<h6>` that is not blank, on one line; None if there is none."""
    if "<h" not in html:
        return None
    for element in _parsed(html).iter(*_HEADINGS):
        words = " ".join("".join(element.itertext()).split())
        if words:
            return words
    return None


def first_sentence(text: str) -> str:
    """The first sentence of a text; its first paragraph if no sentence ends within MAX_SENTENCE characters.

    A full stop after a known form of abbreviation ("U.S.", "Dr.") does not end a sentence."""
    paragraph = text.strip().split("\n\n", 1)[0]
    for end in _SENTENCE_END.finditer(paragraph, 0, MAX_SENTENCE):
        if not _ABBREVIATION.search(paragraph, max(end.start() - MAX_ABBREVIATION, 0), end.start()):
            return paragraph[: end.end()].strip()
    return paragraph


def shorten(text: str, length: int) -> str:
    """The text on one line; if it has more than `length` characters, cut after a word, with an ellipsis."""
    flowing = " ".join(text.split())
    if len(flowing) <= length:
        return flowing
    cut = flowing[: length - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut
    return at_word.rstrip(" ,;:–—-") + "…"


def _parsed(html: str) -> lxml.html.HtmlElement:
    return lxml.html.fragment_fromstring(html, create_parent="div")


def _text_of(element: etree._Element) -> Iterator[str]:
    """The text nodes of an element, with a NUL at the beginning and end of each block element."""
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            yield node.tail or ""
            continue
        edge = "\0" if node.tag in _BLOCKS else "\n" if node.tag == "br" else ""
        if event == "start":
            yield edge
            yield node.text or ""
        else:
            yield edge
            yield (node.tail or "") if node is not element else ""
