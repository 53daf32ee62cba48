"""Representations of a document, one per content coding (RFC 9110 §8.4.1), each with its own strong ETag."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

import brotli

from archive.store.renditions import IDENTITY, Representation

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP_WINDOW: Final = 31  # zlib: the largest window, in a gzip wrapper

# One article changes about thirty documents, and readers wait for them: levels favour speed. A feed of 53 KB:
#   gzip  1: 16.8 KB in 0.5 ms   4: 15.3 KB, 1.0 ms   6: 14.8 KB, 1.5 ms   9: 14.7 KB,  1.6 ms
#   br    1: 16.4 KB in 0.4 ms   4: 14.7 KB, 1.0 ms   5: 13.9 KB, 1.9 ms   9: 13.8 KB, 28 ms   11: 11.5 KB, 90 ms
#   zstd  1: 16.0 KB in 0.2 ms   3: 15.4 KB, 0.3 ms   9: 14.4 KB, 1.0 ms  15: 14.1 KB,  9 ms   19: 14.1 KB, 26 ms
GZIP_LEVEL: Final = 4
BROTLI_QUALITY: Final = 4
ZSTD_LEVEL: Final = 3


def _gzip(body: bytes) -> bytes:
    """The gzip header carries no time, so that the same body always gives the same bytes and ETag."""
    return zlib.compress(body, GZIP_LEVEL, wbits=_GZIP_WINDOW)


def _brotli(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, quality=BROTLI_QUALITY)
    return compressed


def _zstd(body: bytes) -> bytes:
    return zstd.compress(body, level=ZSTD_LEVEL)


# By content-coding name (IANA HTTP Content Coding Registry).
CODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {"gzip": _gzip, "br": _brotli, "zstd": _zstd}


def codings(body: bytes) -> dict[str, Representation]:
    """The body uncompressed (IDENTITY) and in every coding of CODERS."""
    bodies = {IDENTITY: body, **{name: coder(body) for name, coder in CODERS.items()}}
    return {name: Representation(etag(each), each) for name, each in bodies.items()}


def etag(body: bytes) -> str:
    """A strong entity tag, quotes included: 128 bits of the SHA-256 of the bytes."""
    return f'"{sha256(body).hexdigest()[:32]}"'
