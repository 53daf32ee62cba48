"""What a format's module defines, and how its parts are joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from archive.site import Site
from feeds.channel import Channel
from feeds.entry import FeedEntry


class Writer(NamedTuple):
    """How a format writes an entry, and joins entries into a document.

    `feed` writes the document with these entries, which `entry` has written. Entries stand together before `end`, the
    document's last bytes, with `between` between two of them: a delta (RFC 3229) is cut out by these rules.
    `names_tombstones`: documents name deleted entries (RFC 6721), so that a delta can leave entries out."""

    entry: Callable[[FeedEntry, Site], bytes]
    feed: Callable[[Channel, Iterable[bytes]], bytes]
    end: bytes
    between: bytes = b""
    names_tombstones: bool = False


def assemble(shell: bytes, end: bytes, fragments: Iterable[bytes]) -> bytes:
    """A document: a feed without entries, with the entries before its last bytes, `end`.

    Raises ValueError where the feed does not end so."""
    if not shell.endswith(end):
        raise ValueError(f"the document does not end in {end!r}")
    return b"".join((shell.removesuffix(end), *fragments, end))
