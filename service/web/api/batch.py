"""Adds many articles in one request: NDJSON in, NDJSON out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archive.article import Article, Draft
from archive.errors import (
    DatelineError,
    StorageFull,
    Unavailable,
)
from archive.site import Site
from service.publishing import Publisher
from service.web.api.documents import article_document
from service.web.api.request_body import parse_fields, refuse_size
from service.web.errors import problem_document
from service.web.json import to_json

BATCH = 100  # lines per transaction: one commit costs 2 ms, an article in it 0.5 ms


class BatchSubmission:
    """Yields one result for each line, in order, as soon as its transaction is committed."""

    def __init__(self, publisher: Publisher, site: Site, *, by: str, max_bytes: int) -> None:
        self.publisher = publisher
        self.site = site
        self.by = by
        self.max_bytes = max_bytes

    def results(self, lines: Iterator[tuple[int, bytes | None]]) -> Iterator[bytes]:
        """Result lines in JSON, for numbered lines of JSON; None for a line that is too long."""
        waiting: list[tuple[int, Draft | DatelineError]] = []
        for number, line in lines:
            waiting.append((number, self._parsed(line)))
            if len(waiting) >= BATCH:
                yield from self._submitted(waiting)
                waiting = []
        if waiting:
            yield from self._submitted(waiting)

    def _parsed(self, line: bytes | None) -> Draft | DatelineError:
        try:
            if line is None:
                refuse_size(self.max_bytes)
            return self.publisher.parse(parse_fields(line))
        except DatelineError as error:
            return error

    def _submitted(self, waiting: Sequence[tuple[int, Draft | DatelineError]]) -> Iterator[bytes]:
        drafts = [draft for _, draft in waiting if isinstance(draft, Draft)]
        outcomes: Iterator[Article | DatelineError]
        try:
            outcomes = iter(self.publisher.submit_all(drafts, by=self.by) if drafts else [])
        except (StorageFull, Unavailable) as error:
            outcomes = iter([error] * len(drafts))
        for number, parsed in waiting:
            outcome = next(outcomes) if isinstance(parsed, Draft) else parsed
            yield to_json(self._result(number, outcome)) + b"\n"

    def _result(self, number: int, outcome: Article | DatelineError) -> dict[str, Any]:
        if isinstance(outcome, DatelineError):
            problem = problem_document(outcome)
            return {"line": number, "status": problem["status"], "problem": problem}
        document = article_document(outcome, self.site)
        return {
            "line": number,
            "status": 201,
            "id": outcome.id,
            "guid": outcome.guid,
            "url": document["url"],
            "revision": outcome.revision,
        }
