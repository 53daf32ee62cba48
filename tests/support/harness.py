"""The one harness for tests of the service: a whole Dateline in this process, over a real archive and index.

`open_harness` gives one as it is before its first worker has run, `open_site` one whose index is ready and empty."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from lxml import html
from werkzeug.test import Client, TestResponse

from archive.article import Article
from archive.ids import new_id
from archive.search.whoosh.index import WhooshIndex
from archive.site import Site
from archive.store.archive import Archive
from archive.store.changes import ChangeKind
from service.auth import Scope, create_token
from service.dateline import Dateline
from service.publishing import Publisher
from service.settings import Settings
from service.wakeup import Wakeup
from service.web.app import create_app, create_wsgi
from service.worker.scheduler import Worker
from tests.support.builders import NOON, SITE


class JsonResponse(TestResponse):
    """A response whose `json` is known to be there: Werkzeug's type has None for other media types."""

    @property
    def json(self) -> Any:
        return self.get_json()


class Harness:
    """One Dateline in this process: its archive, index and worker, its WSGI application, and the time, which tests set."""

    def __init__(self, archive: Archive, folder: Path, *, site: Site = SITE, **settings: Any) -> None:
        self.now: datetime = NOON
        self.notifications = 0  # of the worker
        self._read_to = 0  # the log position up to which `changed_documents` has read
        self.archive = archive
        self.index = WhooshIndex(folder / "search")
        values = Settings(data=folder, **settings)
        self.dateline = Dateline(
            settings=values,
            site=site,
            archive=archive,
            index=self.index,
            publisher=Publisher(archive, site, clock=self.clock, new_id=new_id, notify=self._notified),
            wakeup=Wakeup(values.wakeup_pipe),
            clock=self.clock,
        )
        self.worker = Worker(self.dateline)
        self.tokens = {scope: create_token(archive, scope.name.lower(), scope, clock=self.clock) for scope in Scope}

    @cached_property
    def app(self) -> Flask:
        """The application behind the finished feeds."""
        return create_app(self.dateline)

    @cached_property
    def client(self) -> Client:
        """An hour passes between two requests, so that each asks the archive whether a feed has changed."""
        return Client(create_wsgi(self.dateline, ticks=count(step=3600).__next__), JsonResponse)

    def clock(self) -> datetime:
        return self.now

    def changed_documents(self) -> list[str]:
        """The paths of the documents whose bytes have changed since the last call, by path."""
        changes = self.archive.changes.after(self._read_to, kind=ChangeKind.RENDITION, limit=10_000)
        self._read_to = self.archive.changes.head()
        return sorted(change.subject for change in changes)

    def _notified(self) -> None:
        self.notifications += 1

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def deliver(self) -> None:
        """Let the worker bring index and feeds up to date, as it does when it runs."""
        assert self.worker.run_once()

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", **options: Any
    ) -> JsonResponse:
        """Read to the end and closed; `options` are those of werkzeug's client."""
        return self._open(path, method=method, headers=dict(headers or {}), **options)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        scope: Scope | None = Scope.WRITE,
    ) -> JsonResponse:
        """A call below /admin; the body as JSON, or as the bytes that it is."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        known = {"Content-Type": "application/json"} if sent is not None else {}
        if scope is not None:
            known["Authorization"] = f"Bearer {self.tokens[scope]}"
        return self._open(f"/admin{path}", method=method, data=sent, headers={**known, **(headers or {})})

    def _open(self, path: str, **options: Any) -> JsonResponse:
        response = self.client.open(path, buffered=True, **options)
        assert isinstance(response, JsonResponse)
        return response

    def post(self, headers: Mapping[str, str] | None = None, **fields: Any) -> JsonResponse:
        return self.ask("POST", "/articles", fields, headers)

    def posted(self, **fields: Any) -> dict[str, Any]:
        """A new article, as the API answers."""
        if not any(name.startswith("content_") for name in fields):
            fields["content_text"] = "Some words of no importance."
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.text
        document = answer.json
        assert isinstance(document, dict)
        return document

    def changed(self, method: str, article: Mapping[str, Any], body: object = None) -> JsonResponse:
        """A change made from the revision of the article as it was read."""
        return self.ask(method, f"/articles/{article['id']}", body, {"If-Match": f'"{article["revision"]}"'})

    # Without the API and the worker: straight into archive and index ------------------------------------

    def publish(self, **fields: Any) -> Article:
        """An article, in the archive and in the index; `fields` as in the API."""
        if not any(name.startswith("content_") for name in fields):
            fields["content_text"] = "Some words of no importance."
        publisher = self.dateline.publisher
        article = publisher.submit(publisher.parse(fields), by="test")
        self._indexed(article)
        return article

    def publish_many(self, number: int, **fields: Any) -> list[Article]:
        """Articles an hour apart, oldest first, titled "Story 1" and so on."""
        start = datetime(2026, 1, 1, tzinfo=UTC)
        drafts = [
            self.dateline.publisher.parse(
                {
                    "title": f"Story {count}",
                    "content_text": f"The text of story {count}.",
                    "published": (start + timedelta(hours=count)).isoformat(),
                    **fields,
                }
            )
            for count in range(1, number + 1)
        ]
        articles = [made for made in self.dateline.publisher.submit_all(drafts, by="test") if isinstance(made, Article)]
        self._indexed(*articles)
        return articles

    def withdraw(self, article: Article) -> None:
        self._indexed(self.dateline.publisher.withdraw(article.id, expected_revision=article.revision, by="test"))

    def revise(self, article: Article, **changes: Any) -> Article:
        revised = self.dateline.publisher.patch(article.id, changes, expected_revision=article.revision, by="test")
        self._indexed(revised)
        return revised

    def _indexed(self, *articles: Article) -> None:
        self.index.apply(articles, position=self.dateline.archive.changes.head())

    def page(self, path: str, *, status: int = 200) -> Page:
        response = self.get(path)
        assert response.status_code == status, (response.status_code, path)
        assert response.mimetype == "text/html"
        return Page(response.text)


class Page:
    """A page as a reader's browser takes it apart."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.root = html.document_fromstring(source)

    def texts(self, selector: str) -> list[str]:
        return [" ".join(str(element.text_content()).split()) for element in self.root.cssselect(selector)]

    def text(self, selector: str) -> str:
        [only] = self.texts(selector)
        return only

    def values(self, selector: str, attribute: str) -> list[str]:
        return [str(element.get(attribute)) for element in self.root.cssselect(selector)]

    def value(self, selector: str, attribute: str) -> str:
        [only] = self.values(selector, attribute)
        return only

    @property
    def titles(self) -> list[str]:
        """Of the articles in the list, as they follow one another."""
        return self.texts(".lead h2, .card h2, .card h3")


def wrong_fields(answer: JsonResponse) -> list[str]:
    """The fields that a problem document names."""
    assert answer.mimetype == "application/problem+json", answer.text
    assert isinstance(answer.json, dict)
    return [error["field"] for error in answer.json.get("errors", [])]


@contextmanager
def open_harness(archive: Archive, folder: Path, **settings: Any) -> Iterator[Harness]:
    """`site` and any setting by name; closes the index at the end, and leaves the archive open."""
    harness = Harness(archive, folder, **settings)
    try:
        yield harness
    finally:
        harness.index.close()


@contextmanager
def open_site(archive: Archive, folder: Path) -> Iterator[Harness]:
    """A site that can be read and searched at once."""
    with open_harness(archive, folder) as harness:
        harness.index.clear()
        yield harness
