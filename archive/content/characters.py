"""Characters that XML allows."""

from __future__ import annotations

import re
from typing import Final

# Control characters that XML 1.0 §2.2 does not allow, and U+007F, which it discourages.
_NOT_XML: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_PAGE_BREAK: Final = re.compile("[\x0b\x0c\x85\u2028]")
# Lone surrogates are refused, not removed: each is half of a character, and the sender has lost the other half.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def strip_forbidden(text: str) -> str:
    """The text without characters that XML does not allow (XML 1.0 §2.2) and without U+007F.

    Vertical tabs, form feeds, U+0085, U+2028 and U+2029 become line breaks."""
    return _NOT_XML.sub("", _PAGE_BREAK.sub("\n", text))


def find_surrogate(text: str) -> int | None:
    """The index of the first lone surrogate, or None."""
    found = _SURROGATE.search(text)
    return found.start() if found else None
