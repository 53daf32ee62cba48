"""What may appear in content: clean HTML, rendered Markdown and text, characters that XML can carry."""

from __future__ import annotations

import html as html_entities
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import lxml.html
import nh3
from lxml import etree
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

# XML 1.0 §2.2: all but these may stand in a document. Lone surrogates are refused, not removed: they
# are half of a character that the sender has lost.
_NOT_XML: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_PAGE_BREAK: Final = re.compile("[\x0b\x0c\x85\u2028]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_BLOCKS: Final = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th "
    "thead tr ul".split()
)
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
DEEPEST: Final = 200  # elements inside each other
MOST_ROUNDS: Final = 10  # of cleaning; of 200,000 pages of stray tags, none took more than three
_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*)")
# Elements that hold nothing, or end where the next one begins (HTML §13.1.2.4): they nest only inside others.
_WITHOUT_END: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd tr td th thead tbody tfoot colgroup caption".split()
)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…।؟۔։።])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W\d_a-z])|(?<=[。！？])")
LONGEST_SENTENCE: Final = 2_000  # characters that are looked through
LONGEST_ABBREVIATION: Final = 20  # letters and full stops
_ABBREVIATION: Final = re.compile(r"(?:^|[\s(])(?:[^\W\d_]|[A-Z][a-z]{1,2}|[^\W\d_](?:\.[^\W\d_])+|Prof|Capt|Sept)\.$")

# Without what feed readers and the W3C's validator count as dangerous or as no HTML.
_TAGS: Final = (set(nh3.ALLOWED_TAGS) - {"bdo", "rtc"}) | set("audio video source picture section main track".split())
_ATTRIBUTES: Final = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"lang", "dir", "title", "id"},
    "a": {"href", "hreflang"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height", "loading"},
    "audio": {"src", "controls", "preload"},
    "video": {"src", "controls", "preload", "poster", "width", "height"},
    "source": {"src", "srcset", "sizes", "type", "media"},
    "track": {"src", "kind", "srclang", "label"},
    "code": {"class"},
    "time": {"datetime"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel", "ftp", "geo", "magnet", "xmpp", "matrix"}


def clean_html(html: str) -> str:
    """The part of `html` that is safe on any page and in any feed reader.

    Scripts, styles, frames, forms, event handlers and `javascript:` addresses go; text stays."""
    cleaned = _cleaned(_flattened(strip_forbidden(html)))
    # Until it stays: "&#1;" has become a character only now, and what stood in an element that had to go may not stand
    # where it stands now, as a paragraph in a paragraph.
    for _ in range(MOST_ROUNDS):
        before, cleaned = cleaned, _cleaned(strip_forbidden(cleaned))
        if cleaned == before:
            break
    return strip_forbidden(cleaned)


def _cleaned(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=None,
        attribute_filter=_keep_attribute,
    ).strip()


def _keep_attribute(element: str, attribute: str, value: str) -> str | None:
    if element == "code" and attribute == "class":
        return value if value.startswith("language-") else None
    return value


def _flattened(html: str) -> str:
    """The HTML with line breaks for the tags that are nested too deep; what they hold stays.

    100,000 open <div> kept the cleaner busy for minutes, and libxml2 loses the text below 256 elements."""
    if html.count("<") <= DEEPEST:
        return html
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag["name"].lower() in _WITHOUT_END:
            return tag[0]
        if not tag["end"]:
            depth += 1
            return tag[0] if depth <= DEEPEST else "<br"
        depth = max(depth - 1, 0)
        return tag[0] if depth < DEEPEST else "</wbr"  # which means nothing

    return _TAG.sub(keep, html)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def render(content_format: str, source: str) -> str:
    """Clean HTML of a source in `html`, `markdown` (CommonMark with tables) or `text`."""
    if content_format == "markdown":
        return clean_html(_markdown().render(strip_forbidden(source)))
    if content_format == "text":
        return paragraphs(strip_forbidden(source))
    return clean_html(source)


def paragraphs(text: str) -> str:
    """Plain text as HTML: empty lines, and lines that begin with space, part paragraphs."""
    blocks = re.split(r"\n\s*\n|\n(?=[ \t\u3000]+\S)", text.replace("\r\n", "\n").replace("\r", "\n"))
    flowing = (" ".join(block.split()) for block in blocks)
    return "\n".join(f"<p>{html_entities.escape(block, quote=False)}</p>" for block in flowing if block)


def strip_forbidden(text: str) -> str:
    """The text without the control characters that no feed can carry (XML 1.0 §2.2)."""
    return _NOT_XML.sub("", _PAGE_BREAK.sub("\n", text))


def find_surrogate(text: str) -> int | None:
    """Where the first lone surrogate stands, counted from 0; None where there is none."""
    found = _SURROGATE.search(text)
    return found.start() if found else None


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
