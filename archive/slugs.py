"""Slugs: the last part of an article's URL."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_SLUG: Final = 80  # characters
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d)")


def make_slug(text: str) -> str:
    """The words of a text in any script, joined by hyphens, at most MAX_SLUG characters; never empty.

    Vowel signs and accents are kept with their letters; apostrophes and invisible characters are removed."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    folded = folded.replace("\u0e4d\u0e32", "\u0e33").replace(
        "\u0ecd\u0eb2", "\u0eb3"
    )  # Thai and Lao "am", which NFKC takes apart
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
    """The slug with "-2", "-3", … for further articles that would have it; at most MAX_SLUG characters."""
    suffix = f"-{number}"
    return _cut_slug(slug, MAX_SLUG - len(suffix)) + suffix


def _cut_slug(slug: str, length: int) -> str:
    """The first whole words of the slug that fit, or the beginning of the first word."""
    if len(slug) <= length:
        return slug
    words = slug[: length + 1].rpartition("-")[0]
    return words or slug[:length]
