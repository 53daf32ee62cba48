"""Plain text that content sniffing mistakes for HTML, as feedparser and the W3C validator do."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_END_TAG = re.compile(r"</\w+>")
_TAG_BEGINS = re.compile(r"<(?=[/!?a-zA-Z])")
_REFERENCE = re.compile(r"&(#?\w+)")
_NAMES = frozenset(name2codepoint) | {"apos"}
_WORD_JOINER = "\u2060"  # invisible, and no line breaks at it


def looks_like_html(text: str) -> bool:
    """Whether the text contains an end tag or a character reference."""
    return bool(_END_TAG.search(text)) or any(map(_is_reference, _REFERENCE.findall(text)))


def without_tags(text: str) -> str:
    """The text with a word joiner in each tag: it looks the same, but no program recognises a tag.

    RSS cannot declare titles as plain text. Readers that sniff treat a title with an end tag as HTML: they drop the
    tags, and the text inside `<script>` too."""
    return _TAG_BEGINS.sub("<" + _WORD_JOINER, text) if _END_TAG.search(text) else text


def without_markup(text: str) -> str:
    """The text with a word joiner in each tag and character reference, so that no program recognises one."""
    return _REFERENCE.sub(
        lambda found: f"&{_WORD_JOINER}{found[1]}" if _is_reference(found[1]) else found[0], without_tags(text)
    )


def _is_reference(name: str) -> bool:
    return name in _NAMES or not name.isalpha()
