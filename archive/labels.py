"""Labels: sections, tags and authors, each with a list of articles."""

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
    """The spelling of a section, tag or author in URLs.

    It ignores case, kinds of space and Unicode composition: "El Salvador" and "el-salvador" have the same
    key. It keeps everything else: "C", "C++" and "C#" have three."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return "-".join(folded.replace("/", " ").split())
