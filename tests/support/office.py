"""A whole Dateline for tests: real archive and index, a clock set by the test, the admin API and prepared feeds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from archive.ids import new_id
from archive.search.whoosh.index import WhooshIndex
from archive.site import Site
from archive.store.archive import Archive
from service.auth import Scope, create_token
from service.dateline import Dateline
from service.publishing import Publisher
from service.settings import Settings
from service.wakeup import Wakeup
from service.web.app import create_wsgi
from service.worker.scheduler import Worker
from tests.support.builders import NOON, SITE


class Office:
    """Sends requests with a write token, at a time that the test sets."""

    def __init__(self, archive: Archive, folder: Path, *, site: Site = SITE, **settings: Any) -> None:
        self.now: datetime = NOON
        self.rings = 0
        self.archive = archive
        self.index = WhooshIndex(folder / "search")
        self.dateline = Dateline(
            settings=Settings(data=folder, **settings),
            site=site,
            archive=archive,
            index=self.index,
            publisher=Publisher(archive, site, clock=self.clock, new_id=new_id, notify=self._on_notify),
            wakeup=Wakeup(folder / "bell"),
            clock=self.clock,
        )
        self.worker = Worker(self.dateline)
        self.tokens = {scope: create_token(archive, scope.name.lower(), scope, clock=self.clock) for scope in Scope}

    @cached_property
    def client(self) -> Client:
        """The ticks advance by an hour between requests, so that each compares a feed with the archive."""
        return Client(create_wsgi(self.dateline, ticks=count(step=3600).__next__))

    def clock(self) -> datetime:
        return self.now

    def _on_notify(self) -> None:
        self.rings += 1

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def deliver(self) -> None:
        """Run the consumers, which bring index and feeds up to date."""
        assert self.worker.run_once()

    def get(self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> TestResponse:
        return self.client.open(path, method=method, headers=dict(headers or {}), buffered=True)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        scope: Scope | None = Scope.WRITE,
    ) -> TestResponse:
        """A call under /admin. The body is sent as JSON, bytes as they are."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        known = {"Content-Type": "application/json"} if sent is not None else {}
        if scope is not None:
            known["Authorization"] = f"Bearer {self.tokens[scope]}"
        return self.client.open(
            f"/admin{path}", method=method, data=sent, headers={**known, **(headers or {})}, buffered=True
        )

    def post(self, headers: Mapping[str, str] | None = None, **fields: Any) -> TestResponse:
        return self.ask("POST", "/articles", fields, headers)

    def posted(self, **fields: Any) -> dict[str, Any]:
        """Add an article; the JSON of the response."""
        if not any(name.startswith("content_") for name in fields):
            fields["content_text"] = "Some words of no importance."
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json
        return document

    def changed(self, method: str, article: Mapping[str, Any], body: object = None) -> TestResponse:
        """Change an article with the If-Match of this revision."""
        return self.ask(method, f"/articles/{article['id']}", body, {"If-Match": f'"{article["revision"]}"'})


def wrong_fields(answer: TestResponse) -> list[str]:
    """The fields that a problem document names."""
    assert answer.mimetype == "application/problem+json", answer.text
    return [error["field"] for error in answer.json.get("errors", [])]


@contextmanager
def open_office(archive: Archive, folder: Path, **settings: Any) -> Iterator[Office]:
    office = Office(archive, folder, **settings)
    try:
        yield office
    finally:
        office.index.close()
