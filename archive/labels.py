"""Labels: sections, tags and authors. Each has a list of articles."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class LabelKind(StrEnum):
    SECTION = "section"
    TAG = "tag"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A section, tag or author. `key` is part of URLs; names with the same key are the same label."""

    kind: LabelKind
    key: str


def label_key(name: str) -> str:
    """The key of a section, tag or author, as in URLs.

    Names that differ only in case, kind of white space or Unicode composition (NFKC) have the same key: "El
    Salvador" and "el-salvador". All other characters are kept: "C", "C++" and "C#" have three keys. The key of a
    key is itself."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return "-".join(folded.replace("/", " ").split())
