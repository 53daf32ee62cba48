"""The fields of the index as Whoosh field types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from whoosh.fields import FieldType

from archive.search.fields import FORM, LABEL, TEXT_FIELDS
from archive.search.whoosh.segment.codec import EXISTENCE, POSITIONS

SCHEMA: Final[Mapping[str, FieldType]] = {
    **{field.name: FieldType(POSITIONS, None, scorable=True) for field in TEXT_FIELDS},
    LABEL: FieldType(EXISTENCE, None),
    FORM: FieldType(EXISTENCE, None),
}
