"""The entries of a feed document in its recent versions: enough to compute a delta since any of them (RFC 3229)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

MAX_VERSIONS = 50  # of a document: about the entries of a feed, after which the oldest version shares none with it
MAX_REMOVED = 200  # removed entries that are remembered; all of them are written again with each version


class Entry(NamedTuple):
    """One entry of a document: `document[start:end]`, in bytes without any content coding.

    `digest` changes with those bytes. `listed` is the date that the list is sorted by, newest first, as text that
    sorts like the instant."""

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

    `gone` are the ids that the document names as deleted (RFC 6721). `is_full`: the document is as long as a feed
    may be, so its list may have older entries."""

    entries: tuple[Entry, ...]
    gone: frozenset[str] = frozenset()
    is_full: bool = False


class Version(NamedTuple):
    """One state of a document's bytes: a growing number, and the ETags of all its content codings."""

    number: int
    etags: tuple[str, ...]


class EntryState(NamedTuple):
    """An entry as it is in the versions from number `since` to before `until`; None: still so."""

    entry: Entry
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """A document's current contents and its known versions, oldest first; the last one is current.

    `current` has a state for each entry of `contents`, in the same order. `removed` are entries of earlier versions
    that are no longer listed, in their last state."""

    contents: Contents
    versions: tuple[Version, ...]
    current: tuple[EntryState, ...]
    removed: tuple[EntryState, ...] = ()

    def describes(self, etag: str) -> bool:
        """Whether the current version has this ETag."""
        return etag in self.versions[-1].etags

    def known_version(self, etags: Iterable[str]) -> tuple[Version, str] | None:
        """The oldest version among these ETags, with its ETag: a delta since it serves a client that has several."""
        numbers = {etag: version for version in self.versions for etag in version.etags}
        known = [(numbers[etag], etag) for etag in etags if etag in numbers]
        return min(known, key=lambda found: found[0].number, default=None)

    def entries_since(self, known: Version) -> Sequence[Entry] | None:
        """Entries that a client with this version lacks, or has in another state.

        Merging them by id, dropping tombstoned ids and trimming to the feed's length yields the current feed.
        None where that would not hold: an entry was removed without a tombstone, and not by the feed's length."""
        if not all(self._is_explained(removed, known) for removed in self.removed):
            return None
        return [state.entry for state in self.current if state.since > known.number]

    def _is_explained(self, removed: EntryState, known: Version) -> bool:
        """Whether the client can tell, from the current document, that this entry is no longer listed."""
        if removed.until is not None and removed.until <= known.number:
            return True  # the client's version did not list it either
        if removed.entry.id in self.contents.gone:
            return True
        is_unchanged = removed.since <= known.number
        return is_unchanged and self.contents.is_full and removed.entry.place < self.contents.entries[-1].place


def extend(before: FeedHistory | None, contents: Contents, version: Version) -> FeedHistory:
    """The history of a document with one more version.

    Drops versions that share no entry with the new one: a delta since them would be the whole feed."""
    known = {state.entry.id: state for state in before.current} if before else {}
    current = tuple(_state(entry, known.get(entry.id), version) for entry in contents.entries)
    oldest_shared = min((state.since for state in current), default=version.number)
    earlier = before.versions if before else ()
    versions = [one for one in (*earlier, version)[-MAX_VERSIONS:] if one.number >= oldest_shared or one is version]
    removed = list(_removed(before, contents, version)) if before else []
    if len(removed) > MAX_REMOVED:
        removed.sort(key=lambda state: state.until or 0)
        oldest_told = removed[-MAX_REMOVED].until or 0
        versions = [one for one in versions if one.number >= oldest_told]
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
    """Entries that were removed by this version or an earlier one, and have not come back."""
    present = {entry.id for entry in contents.entries}
    yield from (state for state in before.removed if state.entry.id not in present)
    for state in before.current:
        if state.entry.id not in present:
            yield EntryState(state.entry, state.since, until=version.number)


# Stored as rows, not objects: one new article changes some thirty documents. The keys are those of stored data.


def to_bytes(history: FeedHistory) -> bytes:
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
    read = orjson.loads(stored)
    current = _states(read["held"])
    return FeedHistory(
        contents=Contents(tuple(state.entry for state in current), frozenset(read["gone"]), read["full"]),
        versions=tuple(Version(number, tuple(etags)) for number, *etags in read["versions"]),
        current=current,
        removed=_states(read["left"]),
    )


def _states(rows: Sequence[Sequence[Any]]) -> tuple[EntryState, ...]:
    return tuple([EntryState(Entry(*row[:5]), *row[5:]) for row in rows])
