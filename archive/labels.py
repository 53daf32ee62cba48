"""Sections, tags and authors: the lists that an article is in."""

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
    """One list that an article is in. `key` stands in addresses, so equal keys are one label."""

    kind: LabelKind
    key: str


def label_key(name: str) -> str:
    """The spelling of a section, tag or author in addresses.

    Case, kinds of space and Unicode composition do not count: "El Salvador" and "el-salvador" are one.
    Everything else does: "C", "C++" and "C#" stay three."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return "-".join(folded.replace("/", " ").split())
