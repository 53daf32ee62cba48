"""A whole public site over a real archive and a real index, for tests that read its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from archive.article import Article
from archive.ids import new_id
from archive.search.whoosh.index import WhooshIndex
from archive.store.archive import Archive
from service.dateline import Dateline
from service.publishing import Publisher
from service.settings import Settings
from service.wakeup import Wakeup
from service.web.app import create_app
from tests.support.builders import NOON, SITE


class Newsstand:
    """Publishes articles on a site, and reads its pages."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.now: datetime = NOON
        self.index = WhooshIndex(folder / "search")
        self.index.clear()
        self.dateline = Dateline(
            settings=Settings(data=folder),
            site=SITE,
            archive=archive,
            index=self.index,
            publisher=Publisher(archive, SITE, clock=lambda: self.now, new_id=new_id, notify=lambda: None),
            wakeup=Wakeup(folder / "bell"),
            clock=lambda: self.now,
        )
        self.app: Flask = create_app(self.dateline)
        self.client: FlaskClient = self.app.test_client()

    def publish(self, **fields: Any) -> Article:
        """An article, in the archive and in the index; `fields` as in the API."""
        if not any(name.startswith("content_") for name in fields):
            fields["content_text"] = "Some words of no importance."
        publisher = self.dateline.publisher
        article = publisher.submit(publisher.parse(fields), by="test")
        self._indexed(article)
        return article

    def publish_many(self, number: int, **fields: Any) -> list[Article]:
        """Articles an hour apart, oldest first, called "Story 1" and so on."""
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

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, buffered=True, **options)  # buffered: read to the end and closed

    def page(self, path: str, *, status: int = 200) -> Page:
        response = self.get(path)
        assert response.status_code == status, (response.status_code, path)
        assert response.mimetype == "text/html"
        return Page(response.text)


class Page:
    """A parsed page."""

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
        """The titles of the articles in the list, in order."""
        return self.texts(".lead h2, .card h2, .card h3")


@contextmanager
def open_newsstand(archive: Archive, folder: Path) -> Iterator[Newsstand]:
    site = Newsstand(archive, folder)
    try:
        yield site
    finally:
        site.index.close()
