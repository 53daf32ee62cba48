"""One error for everything that reading a damaged file raises."""

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

# What reading damaged files was seen to raise: from lengths out of range, truncated or foreign pickles, compressed
# blocks without an end.
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
    """A file of the index is not as it was written: the index has to be built anew."""


@contextmanager
def reading_files() -> Iterator[None]:
    """Turns errors of reading into IndexUnavailable, or into IndexDamaged where trying again is no use."""
    try:
        yield
    except FileNotFoundError:
        raise  # a commit has replaced the file since its name was read: the caller reads the manifest again
    except (OSError, MemoryError) as error:
        raise IndexUnavailable(f"the search index cannot be read: {error}") from error
    except DAMAGE as error:
        raise IndexDamaged(f"the search index is damaged: {error!r}") from error


def reads_files(method: Callable[P, T]) -> Callable[P, T]:
    """`reading_files` around a method. Not for generators, which read after they return."""

    @wraps(method)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        with reading_files():
            return method(*args, **kwargs)

    return reading
