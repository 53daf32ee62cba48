"""Field lengths of a segment's documents."""

from __future__ import annotations

import numpy as np

from archive.search.whoosh.arrays import Array
from archive.search.whoosh.segment.segment import Segment


def padded_lengths(segment: Segment, field: str) -> Array:
    """The length in words of a field in every document of a segment, in Whoosh's one-byte code."""
    codes = np.frombuffer(segment.lengths(field), np.uint8)
    padded = np.zeros(segment.documents, np.uint8)
    padded[: len(codes)] = codes
    return padded
