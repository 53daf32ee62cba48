"""Plain text that programs which guess take for HTML, as feedparser and the W3C's validator do."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_END_TAG = re.compile(r"</\w+>")
_TAG_BEGINS = re.compile(r"<(?=[/!?a-zA-Z])")
_REFERENCE = re.compile(r"&(#?\w+)")
_NAMES = frozenset(name2codepoint) | {"apos"}
_WORD_JOINER = "\u2060"  # invisible, and no line breaks at it


def looks_like_html(text: str) -> bool:
    """Whether it has an end tag or a character reference."""
    return bool(_END_TAG.search(text)) or any(map(_is_reference, _REFERENCE.findall(text)))


def without_tags(text: str) -> str:
    """The text with a word joiner in each tag, so that it looks the same and no program finds a tag.

    RSS cannot declare its titles as plain text. Readers that guess take one with an end tag for HTML: they drop the
    tags, and for `<script>` the text between."""
    return _TAG_BEGINS.sub("<" + _WORD_JOINER, text) if _END_TAG.search(text) else text


def without_markup(text: str) -> str:
    """The text with a word joiner in each tag and character reference, so that no program finds one."""
    return _REFERENCE.sub(
        lambda found: f"&{_WORD_JOINER}{found[1]}" if _is_reference(found[1]) else found[0], without_tags(text)
    )


def _is_reference(name: str) -> bool:
    return name in _NAMES or not name.isalpha()
