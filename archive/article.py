"""Articles, and what may happen to them: compose, revise, publish, release, withdraw. All pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from archive.content.html import first_heading, first_sentence, plain_text, render, shorten
from archive.errors import GuidFixed, WrongStatus
from archive.site import Site

TITLE_FROM_TEXT = 120  # characters of a title that is taken from the text
LONGEST_HEADING = 500  # characters of a title that is taken from a heading; as many as a given one may have
SLUG_LENGTH = 80
UNTITLED = "Untitled"
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d)")


class Status(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class ContentFormat(StrEnum):
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"


class LabelKind(StrEnum):
    SECTION = "section"
    TAG = "tag"
    AUTHOR = "author"


class Role(StrEnum):
    AUTHOR = "author"
    CONTRIBUTOR = "contributor"  # RFC 4287 §4.2.3


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who made an article, or helped to. Lists and addresses tell nobody by the role."""

    name: str
    uri: str | None = None
    email: str | None = None
    role: Role = Role.AUTHOR


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with an article (RFC 4287 §4.2.7.2, RSS 2.0 `enclosure`).

    `length` in bytes, 0 where nobody knows; `duration` of a recording in seconds."""

    url: str
    type: str
    length: int = 0
    title: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What the author wrote, in the author's own format."""

    format: ContentFormat
    source: str


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """One list that an article is in. `key` stands in addresses, so equal keys are one label."""

    kind: LabelKind
    key: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A valid wish for an article, before it has an identity. None means: not said."""

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

    `published` is when readers may see it, `updated` its last significant change (RFC 4287 §4.2.15),
    `modified` when this revision was saved. `day` is the publishing day in the site's time zone; it is
    fixed when the date is set, so that addresses do not move when the site does. `content` is the
    author's source, None where that is the cleaned `content_html` itself. `guid` never changes."""

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

    @property
    def path(self) -> str | None:
        """`/2023/12/14/slug`, not yet percent-encoded; None for a draft."""
        if self.day is None or self.status is Status.DRAFT:
            return None
        return article_path(self.day, self.slug)

    @property
    def is_public(self) -> bool:
        return self.status is Status.PUBLISHED

    @property
    def text(self) -> str:
        """The content as plain text, paragraphs parted by empty lines."""
        return plain_text(self.content_html)

    @property
    def abstract(self) -> str:
        """The summary, or else the beginning of the text."""
        return self.summary or shorten(self.text, 300)

    def label_names(self) -> Iterator[tuple[Label, str]]:
        """Every label once, with the name as this article spells it."""
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


def article_path(day: date, slug: str) -> str:
    return f"/{day.year:04}/{day.month:02}/{day.day:02}/{slug}"


def label_key(name: str) -> str:
    """The spelling of a section, tag or author in addresses.

    Case, kinds of space and Unicode composition do not count: "El Salvador" and "el-salvador" are one.
    Everything else does: "C", "C++" and "C#" stay three."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return "-".join(folded.replace("/", " ").split())


def make_slug(text: str) -> str:
    """Words of any script, parted by hyphens, at most SLUG_LENGTH characters; never empty.

    Vowel signs and accents are part of their letters; apostrophes and invisible characters vanish."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    folded = folded.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")  # Thai and Lao "am" stays one
    kept: list[str] = []
    for letter in _THOUSANDS.sub("", folded):
        kind = unicodedata.category(letter)
        is_mark = kind in ("Mn", "Mc") and not "\ufe00" <= letter <= "\ufe0f"  # these ask for a glyph's variant
        if kind[0] in "LN" or (is_mark and kept and kept[-1] != " "):
            kept.append(letter)
        elif kind[0] != "M" and kind != "Cf" and letter not in "'’":
            kept.append(" ")
    return _cut_slug("-".join("".join(kept).split()), SLUG_LENGTH) or "article"


def numbered_slug(slug: str, number: int) -> str:
    """The slug of the second, third, … article that would have this one; no longer than any slug."""
    suffix = f"-{number}"
    return _cut_slug(slug, SLUG_LENGTH - len(suffix)) + suffix


def _cut_slug(slug: str, length: int) -> str:
    """The slug's first words, or as much of the first one as there is room for."""
    if len(slug) <= length:
        return slug
    words = slug[: length + 1].rpartition("-")[0]
    return words or slug[:length]


def mint_guid(article_id: str, *, now: datetime, site: Site) -> str:
    """A permanent `tag:` URI (RFC 4151): minted once, stored, never derived again."""
    return f"tag:{site.authority},{site.day_of(now).isoformat()}:{article_id}"


def compose(draft: Draft, *, article_id: str, now: datetime, site: Site) -> Article:
    """A first revision, numbered 0 until an archive has saved it."""
    return _filled(
        draft,
        article_id=article_id,
        guid=draft.guid or mint_guid(article_id, now=now, site=site),
        revision=0,
        created=now,
        now=now,
        site=site,
        before=None,
        seen=False,
    )


def revise(
    article: Article, draft: Draft, *, now: datetime, site: Site, minor: bool = False, seen: bool = False
) -> Article:
    """The article as the draft says, with its identity kept.

    A `minor` change is none that readers must hear of: `updated` stays (RFC 4287 §4.2.15) where they can
    read the article before and after it. `seen`: they could read an earlier revision, whatever the status
    is now. Raises GuidFixed where the draft names another guid."""
    if draft.guid is not None and draft.guid != article.guid:
        raise GuidFixed(article.guid)
    revised = _filled(
        draft,
        article_id=article.id,
        guid=article.guid,
        revision=article.revision,
        created=article.created,
        now=now,
        site=site,
        before=article,
        seen=seen or article.status in (Status.PUBLISHED, Status.WITHDRAWN),
    )
    if minor and article.is_public and revised.is_public:
        return replace(revised, updated=max(article.updated, revised.published or article.updated))
    return revised


def release(article: Article, *, now: datetime) -> Article:
    """Put a scheduled article on the air once its time has come.

    That time is later than whatever readers saw of it before: it was to come when it was set."""
    if article.status is not Status.SCHEDULED or article.published is None or article.published > now:
        raise WrongStatus(f"article {article.id} is not due: it is {article.status}")
    return replace(article, status=Status.PUBLISHED, updated=article.published, modified=now)


def withdraw(article: Article, *, now: datetime) -> Article:
    """Take an article off the air. Its page answers 410 from now on; nothing of it is deleted."""
    if article.status is Status.WITHDRAWN:
        raise WrongStatus(f"article {article.id} is withdrawn already")
    return replace(article, status=Status.WITHDRAWN, updated=now, modified=now)


def _filled(
    draft: Draft,
    *,
    article_id: str,
    guid: str,
    revision: int,
    created: datetime,
    now: datetime,
    site: Site,
    before: Article | None,
    seen: bool,
) -> Article:
    html = render(draft.content.format, draft.content.source)
    title = draft.title or title_from(html)
    published = _publishing_date(draft, before=before, now=now)
    status = draft.status
    if status is Status.PUBLISHED and published is not None and published > now:
        status = Status.SCHEDULED
    elif status is Status.SCHEDULED and published is not None and published <= now:
        status = Status.PUBLISHED
    return Article(
        id=article_id,
        guid=guid,
        revision=revision,
        status=status,
        title=title,
        slug=draft.slug or (before.slug if before else make_slug(title)),
        day=_day(published, before=before, site=site),
        summary=draft.summary,
        content_html=html,
        content=None if draft.content.format is ContentFormat.HTML else draft.content,
        authors=draft.authors,
        section=draft.section,
        tags=draft.tags,
        language=draft.language or site.language,
        published=published,
        updated=_updated(status, published, seen=seen, now=now),
        created=created,
        modified=now,
        canonical_url=draft.canonical_url,
        image=draft.image,
        enclosures=draft.enclosures,
    )


def title_from(html: str) -> str:
    """The first heading, else the first sentence, cut at a word; "Untitled" where there is no word."""
    heading = shorten(first_heading(html) or "", LONGEST_HEADING)
    return heading or shorten(first_sentence(plain_text(html)), TITLE_FROM_TEXT) or UNTITLED


def _publishing_date(draft: Draft, *, before: Article | None, now: datetime) -> datetime | None:
    if draft.published is not None:
        return draft.published
    if before is not None and before.published is not None:
        return before.published
    return None if draft.status is Status.DRAFT else now


def _day(published: datetime | None, *, before: Article | None, site: Site) -> date | None:
    if published is None:
        return None
    if before is not None and before.published == published:
        return before.day
    return site.day_of(published)


def _updated(status: Status, published: datetime | None, *, seen: bool, now: datetime) -> datetime:
    """An article that readers have not seen yet is as old as its publishing date; later changes are changes."""
    if status is Status.PUBLISHED and published is not None and not seen:
        return published
    return now
