"""What a list's document held in its earlier versions, as far as it takes to say what is new since one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

VERSIONS = 50  # of a document: as many as a feed usually has entries, after which nothing is left of the first one
LEFT = 200  # entries that have left a document, at most: so much is written anew with each version


class Entry(NamedTuple):
    """One entry of a document: its bytes from `start` on, up to before `end`, without any content coding.

    `digest` is another one whenever the bytes are others; `listed` is where it stands in the list, newest
    first, in a form of which a later instant is the greater text."""

    id: str
    digest: str
    listed: str
    start: int
    end: int

    @property
    def place(self) -> tuple[str, str]:
        return self.listed, self.id


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of a document, newest first.

    `gone` are the ids that the document itself says are gone. `is_full`: the list may go on after it."""

    entries: tuple[Entry, ...]
    gone: frozenset[str] = frozenset()
    is_full: bool = False


class Version(NamedTuple):
    """One state of a document's bytes: a number that grows, and the ETags of all its codings."""

    number: int
    etags: tuple[str, ...]


class Held(NamedTuple):
    """An entry in the state that it has in versions from `since` to before `until`; None: to this day."""

    entry: Entry
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """A document's present contents, and what is known of its versions, oldest first; the last is the present one.

    `left` are entries that it had and has no more, in their last state."""

    contents: Contents
    versions: tuple[Version, ...]
    held: tuple[Held, ...]
    left: tuple[Held, ...] = ()

    def describes(self, etag: str) -> bool:
        """Whether the present version has this ETag."""
        return etag in self.versions[-1].etags

    def base(self, etags: Iterable[str]) -> tuple[Version, str] | None:
        """Of several versions that a client names, the oldest: whoever adds to that one has everything."""
        numbers = {etag: version for version in self.versions for etag in version.etags}
        known = [(numbers[etag], etag) for etag in etags if etag in numbers]
        return min(known, key=lambda found: found[0].number, default=None)

    def news(self, base: Version) -> Sequence[Entry] | None:
        """The entries that whoever has this version lacks, or has in another state.

        With them, and without what the document says is gone and what is beyond its end, newest first, he has
        the present contents. None where that would not be so: an entry has left in silence."""
        if not all(self._is_explained(left, base) for left in self.left):
            return None
        return [held.entry for held in self.held if held.since > base.number]

    def _is_explained(self, left: Held, base: Version) -> bool:
        if left.until is not None and left.until <= base.number:
            return True  # was not there any more
        if left.entry.id in self.contents.gone:
            return True
        as_it_was = left.since <= base.number
        return as_it_was and self.contents.is_full and left.entry.place < self.contents.entries[-1].place


def follow(before: Lineage | None, contents: Contents, version: Version) -> Lineage:
    """The lineage of a document with one more version.

    Versions that have no entry in common with it any more are forgotten, since there is nothing to be gained."""
    known = {held.entry.id: held for held in before.held} if before else {}
    held = tuple(_held(entry, known.get(entry.id), version) for entry in contents.entries)
    common = min((one.since for one in held), default=version.number)
    earlier = before.versions if before else ()
    versions = [one for one in (*earlier, version)[-VERSIONS:] if one.number >= common or one is version]
    left = list(_left(before, contents, version)) if before else []
    if len(left) > LEFT:
        left.sort(key=lambda one: one.until or 0)
        newest = left[-LEFT].until or 0
        versions = [one for one in versions if one.number >= newest]
    oldest = versions[0].number
    return Lineage(
        contents, tuple(versions), held, tuple(one for one in left if one.until is not None and one.until > oldest)
    )


def _held(entry: Entry, before: Held | None, version: Version) -> Held:
    same = before is not None and before.entry.digest == entry.digest
    return Held(entry, before.since if before is not None and same else version.number)


def _left(before: Lineage, contents: Contents, version: Version) -> Iterator[Held]:
    """What has left now or earlier, and has not come back."""
    present = {entry.id for entry in contents.entries}
    yield from (one for one in before.left if one.entry.id not in present)
    for one in before.held:
        if one.entry.id not in present:
            yield Held(one.entry, one.since, until=version.number)


# As it is stored: rows in place of objects, since a new article changes some thirty documents.


def to_bytes(lineage: Lineage) -> bytes:
    return orjson.dumps(
        {
            "held": [(*one.entry, one.since, one.until) for one in lineage.held],
            "left": [(*one.entry, one.since, one.until) for one in lineage.left],
            "gone": sorted(lineage.contents.gone),
            "full": lineage.contents.is_full,
            "versions": [(version.number, *version.etags) for version in lineage.versions],
        }
    )


def from_bytes(stored: bytes) -> Lineage:
    read = orjson.loads(stored)
    held = _read(read["held"])
    return Lineage(
        contents=Contents(tuple(one.entry for one in held), frozenset(read["gone"]), read["full"]),
        versions=tuple(Version(number, tuple(etags)) for number, *etags in read["versions"]),
        held=held,
        left=_read(read["left"]),
    )


def _read(rows: Sequence[Sequence[Any]]) -> tuple[Held, ...]:
    return tuple([Held(Entry(*row[:5]), *row[5:]) for row in rows])
