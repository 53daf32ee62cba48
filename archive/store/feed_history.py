"""The entries of a feed document in its recent versions: enough to compute a delta since any of them (RFC 3229)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

MAX_VERSIONS = 50  # about the entries of a feed: after as many new ones, the oldest version shares none with it
MAX_REMOVED = 200  # removed entries that are stored; each new version of the document writes all of them again


class Entry(NamedTuple):
    """One entry of a document: the bytes `document[start:end]`, without content coding.

    `digest` changes with those bytes. `sort_date` is the date that the feed is sorted by, newest first, as a string
    that sorts like the instant."""

    id: str
    digest: str
    sort_date: str
    start: int
    end: int

    @property
    def sort_key(self) -> tuple[str, str]:
        return self.sort_date, self.id


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of a document, newest first.

    `gone` are the ids of its tombstones (`at:deleted-entry`, RFC 6721 §2). `is_full`: the document has reached the
    maximum length of a feed, so older articles may exist that are not in it."""

    entries: tuple[Entry, ...]
    gone: frozenset[str] = frozenset()
    is_full: bool = False


class Version(NamedTuple):
    """One state of a document's bytes: an increasing number, and the ETags of its representations, one per content
    coding."""

    number: int
    etags: tuple[str, ...]


class EntryState(NamedTuple):
    """An entry as in the versions from `since` up to, not including, `until`; None: up to the current one."""

    entry: Entry
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """A document's current contents and its known versions, oldest first; the last one is current.

    `current` has one state for each entry of `contents`, in the same order. `removed` has the last state of each
    entry that is in an earlier version but not in the current one."""

    contents: Contents
    versions: tuple[Version, ...]
    current: tuple[EntryState, ...]
    removed: tuple[EntryState, ...] = ()

    def describes(self, etag: str) -> bool:
        """Whether the current version has this ETag."""
        return etag in self.versions[-1].etags

    def known_version(self, etags: Iterable[str]) -> tuple[Version, str] | None:
        """The oldest version that has one of these ETags, with that ETag; None if no version has.

        A delta since the oldest version is correct for a client that has any of them."""
        versions = {etag: version for version in self.versions for etag in version.etags}
        known = [(versions[etag], etag) for etag in etags if etag in versions]
        return min(known, key=lambda pair: pair[0].number, default=None)

    def entries_since(self, known: Version) -> Sequence[Entry] | None:
        """Entries that a client with this version lacks, or has in an older state.

        Merging them by id, dropping tombstoned ids and trimming to the feed's length yields the current feed. None if
        it would not: an entry was removed without a tombstone, and not because the feed was full."""
        if not all(self._is_explained(removed, known) for removed in self.removed):
            return None
        return [state.entry for state in self.current if state.since > known.number]

    def _is_explained(self, removed: EntryState, known: Version) -> bool:
        """Whether a client with this version can tell from the current document that the entry was removed."""
        if removed.until is not None and removed.until <= known.number:
            return True  # the client's version does not have it either
        if removed.entry.id in self.contents.gone:
            return True
        is_unchanged = removed.since <= known.number
        return is_unchanged and self.contents.is_full and removed.entry.sort_key < self.contents.entries[-1].sort_key


def extend(before: FeedHistory | None, contents: Contents, version: Version) -> FeedHistory:
    """The history of a document with one more version.

    Drops versions that share no entry with the new one: a delta since such a version would be the whole feed."""
    known = {state.entry.id: state for state in before.current} if before else {}
    current = tuple(_state(entry, known.get(entry.id), version) for entry in contents.entries)
    oldest_shared = min((state.since for state in current), default=version.number)
    earlier = before.versions if before else ()
    versions = [one for one in (*earlier, version)[-MAX_VERSIONS:] if one.number >= oldest_shared or one is version]
    removed = list(_removed(before, contents, version)) if before else []
    if len(removed) > MAX_REMOVED:
        removed.sort(key=lambda state: state.until or 0)
        oldest_covered = removed[-MAX_REMOVED].until or 0
        versions = [one for one in versions if one.number >= oldest_covered]
    oldest = versions[0].number
    return FeedHistory(
        contents,
        tuple(versions),
        current,
        tuple(state for state in removed if state.until is not None and state.until > oldest),
    )


def _state(entry: Entry, before: EntryState | None, version: Version) -> EntryState:
    is_unchanged = before is not None and before.entry.digest == entry.digest
    return EntryState(entry, before.since if before is not None and is_unchanged else version.number)


def _removed(before: FeedHistory, contents: Contents, version: Version) -> Iterator[EntryState]:
    """Entries that this version or an earlier one removed, and that are not in this version."""
    present = {entry.id for entry in contents.entries}
    yield from (state for state in before.removed if state.entry.id not in present)
    for state in before.current:
        if state.entry.id not in present:
            yield EntryState(state.entry, state.since, until=version.number)


# Entries are stored as arrays, not objects: one new article changes some thirty documents. The keys "held", "left",
# "gone", "full" and "versions" are in stored data and cannot be renamed.


def to_bytes(history: FeedHistory) -> bytes:
    """The history as JSON, for storage."""
    return orjson.dumps(
        {
            "held": [(*state.entry, state.since, state.until) for state in history.current],
            "left": [(*state.entry, state.since, state.until) for state in history.removed],
            "gone": sorted(history.contents.gone),
            "full": history.contents.is_full,
            "versions": [(version.number, *version.etags) for version in history.versions],
        }
    )


def from_bytes(stored: bytes) -> FeedHistory:
    """The inverse of `to_bytes`."""
    document = orjson.loads(stored)
    current = _states(document["held"])
    return FeedHistory(
        contents=Contents(tuple(state.entry for state in current), frozenset(document["gone"]), document["full"]),
        versions=tuple(Version(number, tuple(etags)) for number, *etags in document["versions"]),
        current=current,
        removed=_states(document["left"]),
    )


def _states(rows: Sequence[Sequence[Any]]) -> tuple[EntryState, ...]:
    return tuple([EntryState(Entry(*row[:5]), *row[5:]) for row in rows])
