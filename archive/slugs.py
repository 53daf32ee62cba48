"""Slugs: the last part of an article's URL."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_SLUG: Final = 80  # characters
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d)")


def make_slug(text: str) -> str:
    """The words of a text in any script, lower-cased and joined by hyphens: 1 to MAX_SLUG characters.

    Combining marks (vowel signs, accents) stay with their letters; apostrophes and invisible characters are
    removed. "article" if the text has no letter or digit."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    folded = folded.replace("\u0e4d\u0e32", "\u0e33").replace(
        "\u0ecd\u0eb2", "\u0eb3"
    )  # Thai and Lao "am", which NFKC decomposes
    kept: list[str] = []
    for letter in _THOUSANDS.sub("", folded):
        kind = unicodedata.category(letter)
        is_mark = kind in ("Mn", "Mc") and not "\ufe00" <= letter <= "\ufe0f"  # variation selectors
        if kind[0] in "LN" or (is_mark and kept and kept[-1] != " "):
            kept.append(letter)
        elif kind[0] != "M" and kind != "Cf" and letter not in "'’":
            kept.append(" ")
    return _cut_slug("-".join("".join(kept).split()), MAX_SLUG) or "article"


def numbered_slug(slug: str, number: int) -> str:
    """The slug with the suffix "-2", "-3" and so on, for articles whose slug is taken; at most MAX_SLUG characters."""
    suffix = f"-{number}"
    return _cut_slug(slug, MAX_SLUG - len(suffix)) + suffix


def _cut_slug(slug: str, length: int) -> str:
    """The slug cut to `length` characters after a whole word; inside the first word if that is too long."""
    if len(slug) <= length:
        return slug
    words = slug[: length + 1].rpartition("-")[0]
    return words or slug[:length]
