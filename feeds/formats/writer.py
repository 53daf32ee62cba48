"""The interface of a format's module: `Writer`, and the assembly of documents from rendered entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from archive.site import Site
from feeds.channel import Channel
from feeds.entry import FeedEntry


class Writer(NamedTuple):
    """A format's functions and byte layout.

    `entry` renders an entry, `feed` a document from rendered entries. Entries are consecutive, separated by `between`
    and followed by `end`, the document's last bytes; deltas (RFC 3229) are extracted by this layout.
    `names_tombstones`: whether documents name deleted entries (RFC 6721), so that a delta can remove entries."""

    entry: Callable[[FeedEntry, Site], bytes]
    feed: Callable[[Channel, Iterable[bytes]], bytes]
    end: bytes
    between: bytes = b""
    names_tombstones: bool = False


def assemble(shell: bytes, end: bytes, fragments: Iterable[bytes]) -> bytes:
    """A document: `shell`, a feed without entries, with the fragments inserted before its last bytes, `end`.

    Raises ValueError if the shell does not end with `end`."""
    if not shell.endswith(end):
        raise ValueError(f"the document does not end in {end!r}")
    return b"".join((shell.removesuffix(end), *fragments, end))
