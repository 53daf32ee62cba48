"""Reading the parameters and headers of a request to the admin API."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from flask import request

from archive.article import Article, Status
from archive.errors import (
    InvalidQuery,
    Problem,
    RevisionConflict,
)
from archive.store.articles import RequestKey
from archive.store.listings import ArticleQuery
from service.http.conditional import entity_tags, matches
from service.web.errors import BadRequest
from service.web.pagination import read_cursor

DEFAULT_LISTED = 50
MAX_LISTED = 200
MAX_KEY_CHARACTERS = 255  # of an Idempotency-Key
MAX_WORDS_CHARACTERS = 200  # of a listing's `q`


def listing_query(arguments: Mapping[str, str]) -> ArticleQuery:
    """`status`, `cursor`, `limit` and `q` of a listing. Raises InvalidQuery with all problems at once."""
    problems = []
    statuses, after, limit = frozenset(Status), None, DEFAULT_LISTED
    if named := arguments.get("status"):
        try:
            statuses = frozenset(Status(part.strip()) for part in named.split(","))
        except ValueError:
            problems.append(Problem("status", f"must be one or more of {', '.join(Status)}, separated by commas"))
    if cursor := arguments.get("cursor"):
        try:
            after = read_cursor(cursor)
        except ValueError:
            problems.append(Problem("cursor", "is not the `next` of a listing; leave it out for the first page"))
    if wanted := arguments.get("limit"):
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and 1 <= int(wanted) <= MAX_LISTED:
            limit = int(wanted)
        else:
            problems.append(Problem("limit", f"must be a number from 1 to {MAX_LISTED}"))
    words = arguments.get("q", "").replace("\0", "").strip()
    if len(words) > MAX_WORDS_CHARACTERS:
        problems.append(Problem("q", f"has {len(words):,} characters; the maximum is {MAX_WORDS_CHARACTERS}"))
    if problems:
        raise InvalidQuery(problems)
    return ArticleQuery(statuses=statuses, words=words or None, after=after, limit=limit)


def is_minor(arguments: Mapping[str, str]) -> bool:
    """`?minor=true`: the change does not move `updated`. Raises InvalidQuery."""
    value = arguments.get("minor", "false")
    if value not in ("true", "false"):
        raise InvalidQuery([Problem("minor", "must be true or false; true does not notify readers of the change")])
    return value == "true"


def request_key(body: bytes, *, by: str) -> RequestKey | None:
    """The Idempotency-Key with a digest of the body; None if there is no header. Raises BadRequest."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise BadRequest(f"the Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} characters")
    return RequestKey(key, by=by, digest=hashlib.sha256(body).hexdigest())


def if_match() -> str | None:
    """The If-Match header of the current request."""
    return request.headers.get("If-Match")


def expected_revision(article: Article) -> int | None:
    """The revision that If-Match names; None for `*`, which matches any revision.

    Raises BadRequest with 428 if the header is missing (RFC 6585 §3), and RevisionConflict."""
    condition = if_match()
    if condition is None:
        raise BadRequest(
            f"If-Match is required: send the ETag of the revision that you changed; the current one is "
            f"`If-Match: {revision_etag(article.revision)}`",
            status=428,
        )
    if condition.strip() == "*":
        return None
    if not matches(condition, revision_etag(article.revision), weakly=False):
        raise conflict(article, condition)
    return article.revision


def revision_etag(revision: int) -> str:
    """The ETag of an article at this revision, with quotes."""
    return f'"{revision}"'


def conflict(article: Article, condition: str) -> RevisionConflict:
    """The error of a failed If-Match. Its expected revision is the first in the header; 0 if there is none."""
    named = [tag.strip('"') for tag in entity_tags(condition)]
    expected = next((int(tag) for tag in named if tag.isascii() and tag.isdigit() and len(tag) < 10), 0)
    return RevisionConflict(article.id, expected=expected, found=article.revision)
