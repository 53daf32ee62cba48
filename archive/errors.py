"""The errors that Dateline raises, each with a stable code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DatelineError(Exception):
    """The base of all errors that Dateline raises on purpose.

    `code` is stable, for programs; the message is for people."""

    code = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem with one field of an input. `message` continues a sentence that begins with the field's name."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Invalid(DatelineError):
    """An input that is refused. `problems` has an entry for every wrong field, with the expected value."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class InvalidDraft(Invalid):
    """An article with wrong or missing fields."""


class InvalidQuery(Invalid):
    """A search or listing with wrong parameters."""


class NotFound(DatelineError):
    """The requested item does not exist."""

    code = "not_found"


class ArticleNotFound(NotFound):
    """No article has this id."""

    def __init__(self, article_id: str) -> None:
        super().__init__(f"no article has the id {article_id!r}")
        self.article_id = article_id


class Conflict(DatelineError):
    """A change that conflicts with the archive. `field` is the conflicting field of the article, if there is one."""

    code = "conflict"
    field: str | None = None


class SlugTaken(Conflict):
    """Another article has, or once had, the path that this slug and date lead to."""

    field = "slug"

    def __init__(self, path: str) -> None:
        super().__init__(f"another article already has the address {path}; choose another slug or date")
        self.path = path


class GuidTaken(Conflict):
    """Another article has this guid."""

    field = "guid"

    def __init__(self, guid: str) -> None:
        super().__init__(f"another article already has the guid {guid!r}; a guid names one article for ever")
        self.guid = guid


class GuidFixed(Conflict):
    """A revision has another guid than its article (RFC 4287 §4.2.6: an id never changes)."""

    field = "guid"

    def __init__(self, guid: str) -> None:
        super().__init__(f"the guid is permanent: leave it out, or send {guid!r}")
        self.guid = guid


class WrongStatus(Conflict):
    """The article's status does not allow the change."""

    field = "status"


class RevisionConflict(DatelineError):
    """The article has a newer revision than the one that the change is based on."""

    code = "revision_conflict"

    def __init__(self, article_id: str, *, expected: int, found: int) -> None:
        super().__init__(
            f"article {article_id} is at revision {found}, not {expected}: read it again and repeat the change"
        )
        self.article_id = article_id
        self.expected = expected
        self.found = found


class RequestReused(DatelineError):
    """The Idempotency-Key was used for a different request."""

    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        super().__init__(f"the Idempotency-Key {key!r} was used for another request; use a new key")
        self.key = key


class LeaseLost(DatelineError):
    """The lease is stale: another worker has acquired it, or the cursor was rewound."""

    code = "lease_lost"

    def __init__(self, consumer: str, owner: str) -> None:
        super().__init__(f"{owner} no longer has the lease of {consumer!r}")
        self.consumer = consumer
        self.owner = owner


class Unavailable(DatelineError):
    """A part of Dateline is temporarily unavailable; the request can be repeated later."""

    code = "unavailable"


class ArchiveUnavailable(Unavailable):
    """The archive's database cannot be opened, or does not answer."""


class ArchiveOutdated(Unavailable):
    """The database's schema is older or newer than the one this program requires."""


class IndexUnavailable(Unavailable):
    """The search index cannot be opened, or does not answer."""


class IndexLocked(IndexUnavailable):
    """Another process has the index open for writing."""


class StorageFull(DatelineError):
    """No disk space is left; nothing was stored."""

    code = "storage_full"
