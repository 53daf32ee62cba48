"""Content as clean HTML: sanitized HTML, rendered Markdown, and plain text in paragraphs."""

from __future__ import annotations

import html as html_entities
import re
from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt

from archive.content.characters import strip_forbidden

MAX_DEPTH: Final = 200  # levels of nested elements
MAX_ROUNDS: Final = 10  # of cleaning; of 200,000 pages of stray tags, none needed more than three
_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*)")
# Void elements, and elements whose end tag may be omitted (HTML §13.1.2.4): they do not add to the depth.
_WITHOUT_END: Final = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd tr td th thead tbody tfoot colgroup caption".split()
)

# Excludes elements that feed readers and the W3C's feed validator reject as dangerous or unknown.
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
    """The HTML without everything that is unsafe on a page or in a feed reader.

    Scripts, styles, frames, forms, event handlers and `javascript:` URLs are removed; other text is kept."""
    cleaned = _cleaned(_flattened(strip_forbidden(html)))
    # Clean until nothing changes: "&#1;" becomes a character in the first round, and removing an element can put its
    # content where it is not allowed, such as a paragraph inside a paragraph.
    for _ in range(MAX_ROUNDS):
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
    """The HTML with line breaks instead of the tags nested deeper than MAX_DEPTH; their content is kept.

    100,000 nested <div> took the cleaner minutes, and libxml2 drops text nested deeper than 256 elements."""
    if html.count("<") <= MAX_DEPTH:
        return html
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag["name"].lower() in _WITHOUT_END:
            return tag[0]
        if not tag["end"]:
            depth += 1
            return tag[0] if depth <= MAX_DEPTH else "<br"
        depth = max(depth - 1, 0)
        return tag[0] if depth < MAX_DEPTH else "</wbr"  # an end tag that has no effect

    return _TAG.sub(keep, html)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def render(content_format: str, source: str) -> str:
    """Clean HTML from a source in the format `html`, `markdown` (CommonMark, tables, strikethrough) or `text`."""
    if content_format == "markdown":
        return clean_html(_markdown().render(strip_forbidden(source)))
    if content_format == "text":
        return paragraphs(strip_forbidden(source))
    return clean_html(source)


def paragraphs(text: str) -> str:
    """Plain text as HTML. A paragraph ends at an empty line, or before an indented line."""
    blocks = re.split(r"\n\s*\n|\n(?=[ \t\u3000]+\S)", text.replace("\r\n", "\n").replace("\r", "\n"))
    flowing = (" ".join(block.split()) for block in blocks)
    return "\n".join(f"<p>{html_entities.escape(block, quote=False)}</p>" for block in flowing if block)
