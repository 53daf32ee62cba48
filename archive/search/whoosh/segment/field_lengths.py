"""How long the fields of a segment's documents are."""

from __future__ import annotations

import numpy as np

from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.segment import Segment


def padded_lengths(segment: Segment, field: str) -> Array:
    """How long a field of each document is, in Whoosh's one-byte code."""
    held = np.frombuffer(segment.lengths(field), np.uint8)
    padded = np.zeros(segment.documents, np.uint8)
    padded[: len(held)] = held
    return padded
