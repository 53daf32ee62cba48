"""Sets of a snapshot's documents."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from archive.search.whoosh.arrays import Array, Mask


class DocumentSet:
    """A subset of `size` documents, given as sorted numbers or as a mask, and converted on demand."""

    def __init__(self, size: int, documents: Array | None = None, mask: Mask | None = None) -> None:
        self._size = size
        self._documents, self._mask = documents, mask

    @cached_property
    def documents(self) -> Array:
        if self._documents is None:
            self._documents = np.flatnonzero(self.mask)
        return self._documents

    @cached_property
    def mask(self) -> Mask:
        if self._mask is None:
            self._mask = np.zeros(self._size, np.bool_)
            self._mask[self.documents] = True
        return self._mask

    def __len__(self) -> int:
        return len(self.documents)

    def __and__(self, other: DocumentSet, /) -> DocumentSet:
        if self._mask is not None and other._mask is not None:
            return DocumentSet(self._size, mask=self._mask & other._mask)
        masked, listed = (other, self) if other._mask is not None else (self, other)
        return DocumentSet(self._size, listed.documents[masked.mask[listed.documents]])

    def __or__(self, other: DocumentSet, /) -> DocumentSet:
        if not len(other):
            return self
        mask = self.mask.copy()
        mask[other.documents] = True
        return DocumentSet(self._size, mask=mask)
