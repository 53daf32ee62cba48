"""What a reader of any format hands over: items that may become articles, and what could not be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from archive.errors import Problem

LONGEST_KEY = 500  # bytes; PostgreSQL indexes no value above some 2,700


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article to be, as its source describes it.

    `place` is for people: "folder/file.jsonl:17". `key` names the item in its source for all later
    imports, `digest` its content. `fields` are for archive.draft.parse_draft; `fallback_title` and
    `fallback_published` (a date or RFC 3339) serve a new article that has neither title nor words, or
    no date. `size` is what was read for it, in bytes."""

    place: str
    key: str
    digest: str
    fields: Mapping[str, object]
    size: int
    fallback_title: str | None = None
    fallback_published: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place in a source that gives no item, and why."""

    place: str
    problems: tuple[Problem, ...]


class Undecodable(ValueError):
    """A problem that keeps the whole item from being read."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.problem = Problem(field, message)


def origin_key(kind: str, name: str) -> str:
    """`kind:name`; a name that no database column could hold is replaced by its SHA-256."""
    exact = name.encode("utf-8", "surrogatepass")
    if name.isprintable() and len(exact) <= LONGEST_KEY:
        return f"{kind}:{name}"
    return f"{kind}:sha256:{digest_of(exact)}"


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
