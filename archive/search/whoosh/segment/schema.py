"""The fields of the embedded index, and the terms of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from whoosh.fields import FieldType

from archive.labels import label_key
from archive.search.whoosh.segment.codec import EXISTENCE, POSITIONS


@dataclass(frozen=True, slots=True)
class TextField:
    """How a field's text becomes terms."""

    name: str
    stemmed: bool = True


TEXT_FIELDS: Final = (
    TextField("title"),
    TextField("summary"),
    TextField("body"),
    TextField("author", stemmed=False),
    TextField("tag"),
    TextField("section"),
)
LABEL: Final = "label"  # one term for each spelling of each label: kind, key and name, parted by NULs
FORM: Final = "form"  # every word as it is spelled, folded but not stemmed, whichever field it stands in
LANGUAGE: Final = "language"  # a kind of label, too: key and name are the article's language tag

SCHEMA: Final[Mapping[str, FieldType]] = {
    **{field.name: FieldType(POSITIONS, None, scorable=True) for field in TEXT_FIELDS},
    LABEL: FieldType(EXISTENCE, None),
    FORM: FieldType(EXISTENCE, None),
}


class Named(NamedTuple):
    """One label as an article spells it."""

    kind: str  # a LabelKind, or LANGUAGE
    key: str
    name: str

    @classmethod
    def of(cls, term: bytes) -> Named:
        kind, key, name = term.decode().split("\0")
        return cls(kind, key, name)


@lru_cache(maxsize=1024)
def label_prefix(kind: str, name: str) -> bytes:
    """What the terms of a label, however it is spelled, begin with."""
    return f"{kind}\0{label_key(name)}\0".encode()
