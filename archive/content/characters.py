"""Characters that XML can carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    pass


# XML 1.0 §2.2: all but these may stand in a document. Lone surrogates are refused, not removed: they
# are half of a character that the sender has lost.
_NOT_XML: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_PAGE_BREAK: Final = re.compile("[\x0b\x0c\x85\u2028]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def strip_forbidden(text: str) -> str:
    """The text without the control characters that no feed can carry (XML 1.0 §2.2)."""
    return _NOT_XML.sub("", _PAGE_BREAK.sub("\n", text))


def find_surrogate(text: str) -> int | None:
    """Where the first lone surrogate stands, counted from 0; None where there is none."""
    found = _SURROGATE.search(text)
    return found.start() if found else None
