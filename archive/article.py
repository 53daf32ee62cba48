"""Articles, drafts and their parts, as immutable values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from archive.content.text import plain_text, shorten
from archive.labels import Label, LabelKind, label_key
from archive.urls import article_path


class Status(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class ContentFormat(StrEnum):
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class Role(StrEnum):
    AUTHOR = "author"
    CONTRIBUTOR = "contributor"  # RFC 4287 §4.2.3


@dataclass(frozen=True, slots=True)
class Author:
    """An author or contributor of an article (RFC 4287 §4.2.1, §4.2.3). URLs and lists ignore the role."""

    name: str
    uri: str | None = None
    email: str | None = None
    role: Role = Role.AUTHOR


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an article (RFC 4287 §4.2.7.2, RSS 2.0 `enclosure`).

    `length` in bytes, 0 if unknown; `duration` of a recording in seconds, None if unknown."""

    url: str
    type: str
    length: int = 0
    title: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The source of an article as its author wrote it."""

    format: ContentFormat
    source: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The validated fields of an article that has no id yet. None and () mean that a field was not given.

    The attributes are the writable fields of archive.fields.table."""

    content: Content
    title: str | None = None
    slug: str | None = None
    summary: str | None = None
    authors: tuple[Author, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    published: datetime | None = None
    status: Status = Status.PUBLISHED
    canonical_url: str | None = None
    guid: str | None = None
    image: str | None = None
    enclosures: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article at one revision. All instants are UTC.

    `published` is the publishing date, `updated` the last significant change (RFC 4287 §4.2.15), and `modified`
    the time this revision was saved. `day` is the day of `published` in the site's time zone. It is set
    together with `published`, so that URLs do not change when the site's time zone does. `content` is the
    author's source; it is None if the author sent HTML, of which only the cleaned `content_html` is kept.
    `guid` never changes. `was_public`: an earlier revision was public; the archive sets it when it saves.
    All other attributes are described in archive.fields.table."""

    id: str
    guid: str
    revision: int
    status: Status
    title: str
    slug: str
    day: date | None
    summary: str | None
    content_html: str
    content: Content | None
    authors: tuple[Author, ...]
    section: str | None
    tags: tuple[str, ...]
    language: str
    published: datetime | None
    updated: datetime
    created: datetime
    modified: datetime
    canonical_url: str | None
    image: str | None
    enclosures: tuple[Enclosure, ...]
    was_public: bool = field(default=False, compare=False)

    @property
    def path(self) -> str | None:
        """The path `/2023/12/14/slug`, not percent-encoded; None for a draft or if there is no publishing date."""
        if self.day is None or self.status is Status.DRAFT:
            return None
        return article_path(self.day, self.slug)

    @property
    def listed_day(self) -> date:
        """The day under which it is listed: its `day`, or the day of its creation in UTC if it has none."""
        return self.day or self.created.date()

    @property
    def is_public(self) -> bool:
        return self.status is Status.PUBLISHED

    @property
    def text(self) -> str:
        """The content as plain text; an empty line separates paragraphs."""
        return plain_text(self.content_html)

    @property
    def abstract(self) -> str:
        """The summary, or the first 300 characters of the text."""
        return self.summary or shorten(self.text, 300)

    def label_names(self) -> Iterator[tuple[Label, str]]:
        """Each label once, with its name in this article's spelling: section, then tags, then authors."""
        names = [(LabelKind.SECTION, self.section)] if self.section else []
        names += [(LabelKind.TAG, tag) for tag in self.tags]
        names += [(LabelKind.AUTHOR, author.name) for author in self.authors]
        seen = set()
        for kind, name in names:
            label = Label(kind, label_key(name))
            if label not in seen:
                seen.add(label)
                yield label, name

    @property
    def labels(self) -> frozenset[Label]:
        return frozenset(label for label, _ in self.label_names())
