"""The results of reading a source: items that may become articles, and unreadable locations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from archive.errors import Problem

MAX_KEY_BYTES: Final = 500  # PostgreSQL cannot index values above some 2,700 bytes
FILE_KIND: Final = "file"
GUID_KIND: Final = "guid"
ID_KIND: Final = "id"
DIGEST_KIND: Final = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One possible article, as described by its source.

    `location` is for people: "folder/file.jsonl:17". `key` identifies the item in later imports, `digest` its content.
    `fields` are input for archive.validation.parse_draft. `fallback_title` is the title if there is neither a title
    nor text; `fallback_published` (a date or RFC 3339) is the publishing date of a new article without one. `size` is
    the number of bytes read for it. `notes` are remarks for the report."""

    location: str
    key: str
    digest: str
    fields: Mapping[str, object]
    size: int
    fallback_title: str | None = None
    fallback_published: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether the item is identified by the path of its file."""
        return self.key.startswith(f"{FILE_KIND}:")

    @property
    def has_bare_id(self) -> bool:
        """Whether the item is identified by an id alone. Two sources that both count from 1 use the same ids."""
        return self.key.startswith(f"{ID_KIND}:")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A location in a source that cannot be read as an item, with the reasons."""

    location: str
    problems: tuple[Problem, ...]


class Undecodable(ValueError):
    """A whole file cannot be read. `problem` says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.problem = Problem(field, message)


def origin_key(kind: str, name: str) -> str:
    """The key `kind:name`. A name that is not printable or has more than MAX_KEY_BYTES is replaced by its SHA-256."""
    exact = name.encode("utf-8", "surrogatepass")
    if name.isprintable() and len(exact) <= MAX_KEY_BYTES:
        return f"{kind}:{name}"
    return f"{kind}:sha256:{digest_of(exact)}"


def digest_of(content: bytes) -> str:
    """The SHA-256, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
