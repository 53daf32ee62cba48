"""The errors of Dateline, each kind with a stable code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DatelineError(Exception):
    """The base of all errors that Dateline raises on purpose.

    `code` is stable, for programs; the message is for people."""

    code = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem with one field of an input. The message continues a sentence that begins with the field."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Invalid(DatelineError):
    """An input that is refused. `problems` names every wrong field and says what is right."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class InvalidDraft(Invalid):
    """An article with wrong or missing fields."""


class InvalidQuery(Invalid):
    """A search or listing with wrong parameters."""


class NotFound(DatelineError):
    code = "not_found"


class ArticleNotFound(NotFound):
    def __init__(self, article_id: str) -> None:
        super().__init__(f"no article has the id {article_id!r}")
        self.article_id = article_id


class Conflict(DatelineError):
    """A change that contradicts the archive. `field` is the article's field that conflicts, if there is one."""

    code = "conflict"
    field: str | None = None


class SlugTaken(Conflict):
    field = "slug"

    def __init__(self, path: str) -> None:
        super().__init__(f"another article already has the address {path}; choose another slug or date")
        self.path = path


class GuidTaken(Conflict):
    field = "guid"

    def __init__(self, guid: str) -> None:
        super().__init__(f"another article already has the guid {guid!r}; a guid names one article for ever")
        self.guid = guid


class GuidFixed(Conflict):
    field = "guid"

    def __init__(self, guid: str) -> None:
        super().__init__(f"the guid is permanent: leave it out, or send {guid!r}")
        self.guid = guid


class WrongStatus(Conflict):
    """The article's status does not allow the change."""

    field = "status"


class RevisionConflict(DatelineError):
    """The article was saved by somebody else since the revision that the change is based on."""

    code = "revision_conflict"

    def __init__(self, article_id: str, *, expected: int, found: int) -> None:
        super().__init__(
            f"article {article_id} is at revision {found}, not {expected}: read it again and repeat the change"
        )
        self.article_id = article_id
        self.expected = expected
        self.found = found


class RequestReused(DatelineError):
    """An Idempotency-Key that was used for another request."""

    code = "idempotency_key_reused"

    def __init__(self, key: str) -> None:
        super().__init__(f"the Idempotency-Key {key!r} was used for another request; take a new key")
        self.key = key


class LeaseLost(DatelineError):
    """Another worker has acquired the lease; this one's work is stale."""

    code = "lease_lost"

    def __init__(self, consumer: str, owner: str) -> None:
        super().__init__(f"{owner} no longer has the lease of {consumer!r}")
        self.consumer = consumer
        self.owner = owner


class Unavailable(DatelineError):
    """A part of Dateline cannot answer now; the request can be repeated later."""

    code = "unavailable"


class ArchiveUnavailable(Unavailable):
    pass


class ArchiveOutdated(Unavailable):
    """The schema of the database does not fit this version of the program."""


class IndexUnavailable(Unavailable):
    pass


class IndexLocked(IndexUnavailable):
    """Another process is writing the index."""


class StorageFull(DatelineError):
    """No space is left; nothing was stored."""

    code = "storage_full"
