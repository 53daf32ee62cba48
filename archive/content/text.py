"""HTML as plain text: paragraphs, the first heading, the first sentence."""

from __future__ import annotations

import html as html_entities
import re
from typing import TYPE_CHECKING, Final

import lxml.html
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator


_BLOCKS: Final = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th "
    "thead tr ul".split()
)
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…।؟۔։።])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W\d_a-z])|(?<=[。！？])")
LONGEST_SENTENCE: Final = 2_000  # characters that are looked through
LONGEST_ABBREVIATION: Final = 20  # letters and full stops
_ABBREVIATION: Final = re.compile(r"(?:^|[\s(])(?:[^\W\d_]|[A-Z][a-z]{1,2}|[^\W\d_](?:\.[^\W\d_])+|Prof|Capt|Sept)\.$")


def plain_text(html: str) -> str:
    """The text that a reader sees, blocks parted by empty lines."""
    if not html or html.isspace():
        return ""
    if "<" not in html:
        return " ".join(html_entities.unescape(html).split())
    pieces = "".join(_text_of(_parsed(html)))
    blocks = (" ".join(block.split()) for block in pieces.split("\0"))
    return "\n\n".join(block for block in blocks if block)


def first_heading(html: str) -> str | None:
    """The words of the first `<h1>`…`<h6>` that has any."""
    if "<h" not in html:
        return None
    for element in _parsed(html).iter(*_HEADINGS):
        words = " ".join("".join(element.itertext()).split())
        if words:
            return words
    return None


def first_sentence(text: str) -> str:
    """The beginning of a text up to the end of its first sentence; its first paragraph where that is long."""
    paragraph = text.strip().split("\n\n", 1)[0]
    for end in _SENTENCE_END.finditer(paragraph, 0, LONGEST_SENTENCE):
        if not _ABBREVIATION.search(paragraph, max(end.start() - LONGEST_ABBREVIATION, 0), end.start()):
            return paragraph[: end.end()].strip()
    return paragraph


def shorten(text: str, length: int) -> str:
    """At most `length` characters, on one line, cut at a word, with an ellipsis where something went."""
    flowing = " ".join(text.split())
    if len(flowing) <= length:
        return flowing
    cut = flowing[: length - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut
    return at_word.rstrip(" ,;:–—-") + "…"


def _parsed(html: str) -> lxml.html.HtmlElement:
    return lxml.html.fragment_fromstring(html, create_parent="div")


def _text_of(element: etree._Element) -> Iterator[str]:
    """The text below an element; a NUL stands where a block begins or ends."""
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
