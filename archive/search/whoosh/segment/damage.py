"""IndexDamaged: one error for all that reading a damaged file can raise."""

from __future__ import annotations

import pickle
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from whoosh.reading import CorruptIndexError

from archive.errors import IndexUnavailable

# The errors observed when reading damaged files, with lengths out of range, truncated or foreign pickles, or truncated
# compressed blocks.
DAMAGE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    CorruptIndexError,
    EOFError,
    ImportError,
    LookupError,
    NameError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
    zlib.error,
)

P = ParamSpec("P")
T = TypeVar("T")


class IndexDamaged(IndexUnavailable):
    """A file of the index is missing or corrupt; the index must be rebuilt."""


@contextmanager
def reading_files() -> Iterator[None]:
    """Converts read errors into IndexUnavailable, and errors that retrying cannot fix into IndexDamaged."""
    try:
        yield
    except FileNotFoundError:
        raise  # a commit has removed the file since the manifest was read: the caller reads that again
    except (OSError, MemoryError) as error:
        raise IndexUnavailable(f"the search index cannot be read: {error}") from error
    except DAMAGE as error:
        raise IndexDamaged(f"the search index is damaged: {error!r}") from error


def reads_files(method: Callable[P, T]) -> Callable[P, T]:
    """Decorates a method with `reading_files`. Not for generators, whose body runs after the call returns."""

    @wraps(method)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        with reading_files():
            return method(*args, **kwargs)

    return reading
