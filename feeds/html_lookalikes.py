"""Plain text that programs take for HTML where they guess, as feedparser and the W3C's validator do."""

from __future__ import annotations

import re
from html.entities import name2codepoint

_END_TAG = re.compile(r"</\w+>")
_TAG_BEGINS = re.compile(r"<(?=[/!?a-zA-Z])")
_REFERENCE = re.compile(r"&(#?\w+)")
_NAMES = frozenset(name2codepoint) | {"apos"}
_WORD_JOINER = "\u2060"  # nobody sees it, and no line is broken at it


def looks_like_html(text: str) -> bool:
    """Whether there is an end tag or a character reference in it."""
    return bool(_END_TAG.search(text)) or any(map(_is_reference, _REFERENCE.findall(text)))


def without_tags(text: str) -> str:
    """The same text to the eye, in which nobody finds a tag.

    RSS titles are plain text without a word that says so. Where they hold an end tag, readers
    that guess drop what they take for tags, and for `<script>` what is between."""
    return _TAG_BEGINS.sub("<" + _WORD_JOINER, text) if _END_TAG.search(text) else text


def without_markup(text: str) -> str:
    """The same text to the eye, in which nobody finds a tag or a character reference."""
    return _REFERENCE.sub(
        lambda found: f"&{_WORD_JOINER}{found[1]}" if _is_reference(found[1]) else found[0], without_tags(text)
    )


def _is_reference(name: str) -> bool:
    return name in _NAMES or not name.isalpha()
