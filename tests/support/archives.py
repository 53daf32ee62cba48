"""Builders of stored data, and functions that read a whole archive for comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from archive.article import Article
from archive.labels import LabelKind
from archive.store.archive import Archive
from archive.store.changes import ChangeKind, Lease
from archive.store.intents import Intent, Mode
from archive.store.listings import ArticleQuery, SortKey
from archive.store.renditions import Rendition, Representation
from archive.store.subscriptions import Subscription
from tests.support.builders import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# Names that a client may send, but that do not exist.
UNHEARD_OF = ["nobody", "\0", "a\0b", "\ud800", "\U0001f389", "' OR ''='", "x" * 10_000]

HOSTILE_TEXTS = [
    "Emoji 👩‍🔬🏳️‍🌈 and 𝕬stral",
    "\u202eright to left\u202c \u2066isolated\u2069",
    "]]> <script>alert(1)</script> &amp; &#0; %s %(x)s {x} ' \" \\",
    "e\u0301 é \u200b\ufeff\u00a0",
    "日本語 العربية עברית हिन्दी ไทย",
]

FULL: dict[str, Any] = {
    "title": "Wheat exports rise",
    "slug": "wheat-exports-rise",
    "summary": "More wheat.",
    "content_markdown": "# Wheat\n\nMore of it.",
    "authors": [{"name": "Jane Doe", "uri": "https://example.org/jane", "email": "jane@example.org"}, "José"],
    "section": "Grain",
    "tags": ["USA", "wheat"],
    "language": "en-GB",
    "canonical_url": "https://example.org/wheat",
    "guid": "urn:example:wheat",
    "image": "https://example.org/wheat.png",
    "enclosures": [{"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": 2**40, "title": "Listen"}],
}


def everything(archive: Archive) -> object:
    """The whole content of an archive, for comparison with an earlier one."""
    return (
        [archive.articles.history(article.id) for article in archive.articles.every()],
        [archive.listings.labels(kind) for kind in LabelKind],
        archive.listings.months(),
        archive.changes.head(),
        [archive.changes.after(0, kind=kind, limit=1_000) for kind in ChangeKind],
        archive.changes.cursors(),
        [archive.renditions.get(path) for path in archive.renditions.paths()],
        archive.tokens.all(),
    )


def pages_forward(archive: Archive, query: ArticleQuery) -> list[Article]:
    """All pages of a list, one after the other."""
    found: list[Article] = []
    while page := archive.listings.find(query):
        assert len(page) <= query.limit
        found += page
        query = replace(query, after=SortKey.of(page[-1]))
    return found


def pages_backward(archive: Archive, query: ArticleQuery) -> list[Article]:
    """All pages of a list, from its end."""
    query = replace(query, before=SortKey(datetime(1, 1, 1, tzinfo=UTC), ""))
    found: list[Article] = []
    while page := archive.listings.find(query):
        assert len(page) <= query.limit
        found = [*page, *found]
        query = replace(query, before=SortKey.of(page[0]))
    return found


def a_lease(archive: Archive, *, owner: str = "one") -> Lease:
    lease = archive.changes.acquire("index", owner=owner, now=NOON, duration=MINUTE)
    assert lease is not None
    return lease


def an_intent(*, number: int = 1, path: str = "/a", **fields: Any) -> Intent:
    """A subscriber's intent. `number` distinguishes the callback."""
    return Intent(
        **{
            "ticket": f"ticket {number}",
            "mode": Mode.SUBSCRIBE,
            "path": path,
            "topic": f"https://news.example.org{path}",
            "callback": f"https://reader.example.org/{number}",
            "host": "reader.example.org",
            "secret": "secret",
            "lease": HOUR,
            **fields,
        }
    )


def asked(archive: Archive, **fields: Any) -> Intent:
    """A stored intent, as it will be claimed."""
    intent = an_intent(**fields)
    assert archive.intents.add(intent, now=NOON, max_waiting=9_999)
    return replace(intent, position=archive.changes.head())


def subscribed(archive: Archive, **fields: Any) -> Subscription:
    intent = asked(archive, **fields)
    assert archive.intents.confirm(intent, now=NOON, until=NOON + HOUR)
    subscription = archive.subscriptions.get(intent.id)
    assert subscription is not None
    return subscription


def marked_due(
    archive: Archive, path: str, *, position: int = 1, now: datetime = NOON, retry_at: datetime = NOON + MINUTE
) -> int:
    return archive.subscriptions.mark_due({path: position, "/nobody": position}, now=now, retry_at=retry_at)


def due(archive: Archive, owner: str = "one", *, now: datetime = NOON, **options: Any) -> Sequence[Subscription]:
    return archive.subscriptions.claim(owner, now=now, duration=MINUTE, **{"limit": 99, **options})


def a_rendition(
    path: str, text: str = "<rss/>", *, position: int = 0, modified: datetime = NOON, **codings: bytes
) -> Rendition:
    bodies = {"identity": text.encode(), **codings}
    return Rendition(
        path=path,
        media_type="application/rss+xml",
        modified=modified,
        position=position,
        codings={
            coding: Representation(f'"{coding}-{sha256(body).hexdigest()}"', body) for coding, body in bodies.items()
        },
    )
