"""The table of an article's fields. Validation, JSON, OpenAPI, export, import and docs/api.md are derived from it.

A new field is one entry here, one attribute of Draft and Article (archive.article), and one column of the table
`articles` (archive.sql.schema) with its migration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from archive.article import Article, ContentFormat, Status
from archive.fields.records import AUTHORS, ENCLOSURES, TAGS
from archive.fields.values import (
    Choice,
    Count,
    Day,
    FieldType,
    Instant,
    LabelName,
    Language,
    Line,
    Slug,
    Source,
    Text,
    Uri,
    WebAddress,
)

MAX_TITLE: Final = 500  # characters, as in all limits here
MAX_SUMMARY: Final = 5_000
MAX_CONTENT: Final = 2_000_000
MAX_MARKDOWN: Final = 300_000  # the worst case is quadratic: rendering 100,000 open brackets takes 3 s
MAX_ID: Final = 64

_TEXT: Final = Source(MAX_CONTENT)
_INSTANT: Final = Instant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an article under its public name.

    `writable`: clients may set it; they may also send the other fields, which are ignored. `nullable`: it may
    be null in documents. `stored`: Article has an attribute of this name; a document without the field is read
    with the type's empty value, if it has one. `optional`: omitted from documents if it has no value.
    `in_documents`: in JSON Lines and stored revisions; `in_api`: in responses of the API; `in_front_matter`:
    written to the front matter of Markdown files. `aliases`: its names in front matter of other programs,
    normalized as by archive.exchange.front_matter_fields; if several are present, the first one here is used.
    `source_of`: the content format whose source it holds."""

    name: str
    type: FieldType[Any]
    description: str
    example: object
    writable: bool = False
    nullable: bool = False
    stored: bool = True
    optional: bool = False
    in_documents: bool = True
    in_api: bool = True
    in_front_matter: bool = True
    aliases: tuple[str, ...] = ()
    source_of: ContentFormat | None = None

    def value_of(self, article: Article) -> Any:
        """The field's value in an article; None if it has none."""
        if self.source_of is None or self.stored:
            return getattr(article, self.name)
        content = article.content
        return content.source if content is not None and content.format is self.source_of else None


FIELDS: Final[tuple[Field, ...]] = (
    Field(
        name="id",
        type=Line(MAX_ID),
        description="The article's id in this archive.",
        example="01a20326-0727-76e8-899a-5dfd1f9f25a6",
    ),
    Field(
        name="revision",
        type=Count("the number of the revision", minimum=1),
        description="The number of the revision, from 1.",
        example=1,
    ),
    Field(
        name="title",
        type=Line(MAX_TITLE),
        description="One line. If missing: the first heading of the content, or its first sentence.",
        example="Wheat exports rise",
        writable=True,
    ),
    Field(
        name="slug",
        type=Slug(),
        description="The last part of the URL: letters, digits and hyphens of any script. "
        "If missing: made from the title, with a number if that URL is taken.",
        example="wheat-exports-rise",
        writable=True,
    ),
    Field(
        name="path",
        type=Line(MAX_TITLE),
        description="The path of the article's page; null for a draft.",
        example="/2023/12/14/wheat-exports-rise",
        nullable=True,
        stored=False,
        in_api=False,
        in_front_matter=False,
    ),
    Field(
        name="url",
        type=WebAddress(),
        description="The URL of the article's page; null for a draft.",
        example="https://news.example.org/2023/12/14/wheat-exports-rise",
        nullable=True,
        stored=False,
        in_documents=False,
        in_front_matter=False,
    ),
    Field(
        name="summary",
        type=Text(MAX_SUMMARY),
        description="Plain text.",
        example="More wheat was exported.",
        writable=True,
        nullable=True,
        aliases=("description", "excerpt", "custom_excerpt", "abstract"),
    ),
    Field(
        name="content_html",
        type=_TEXT,
        description="HTML. Scripts, styles, frames, forms and event handlers are removed.",
        example="<p>Exports of wheat <em>rose</em>.</p>",
        writable=True,
        in_front_matter=False,
        source_of=ContentFormat.HTML,
    ),
    Field(
        name="content_markdown",
        type=Source(MAX_MARKDOWN, otherwise="content_html"),
        description="CommonMark with tables and strikethrough. Kept beside the HTML that it renders to.",
        example="Exports of wheat *rose*.",
        writable=True,
        stored=False,
        optional=True,
        in_front_matter=False,
        source_of=ContentFormat.MARKDOWN,
    ),
    Field(
        name="content_text",
        type=_TEXT,
        description="Plain text. Empty lines and indented lines separate paragraphs.",
        example="Exports of wheat rose.",
        writable=True,
        stored=False,
        optional=True,
        in_front_matter=False,
        source_of=ContentFormat.TEXT,
    ),
    Field(
        name="authors",
        type=AUTHORS,
        description='Names, or objects `{"name", "uri", "email", "role"}`. `role` is `author` or `contributor`.',
        example=[{"name": "Ada", "uri": "https://ada.example/", "email": None}],
        writable=True,
        aliases=("author", "byline"),
    ),
    Field(
        name="section",
        type=LabelName(),
        description="The name of the section.",
        example="Grain",
        writable=True,
        nullable=True,
        aliases=("category",),
    ),
    Field(
        name="tags",
        type=TAGS,
        description="Names. Names that differ only in case or spaces are the same tag.",
        example=["wheat", "exports"],
        writable=True,
        aliases=("tag", "keywords"),
    ),
    Field(
        name="language",
        type=Language(),
        description="A language tag (RFC 5646). If missing: the language of the site.",
        example="en",
        writable=True,
        aliases=("lang", "locale"),
    ),
    Field(
        name="published",
        type=_INSTANT,
        description="RFC 3339, or a date, which means midnight in the site's time zone; from 0001-01-02 to 9999-12-30. "
        "If missing: now. In the future: the article is scheduled.",
        example="2023-12-14T09:30:00Z",
        writable=True,
        nullable=True,
        aliases=("published_at", "publishdate", "pubdate", "date_published", "date"),
    ),
    Field(
        name="status",
        type=Choice(Status, "status", default=Status.PUBLISHED),
        description="`published` (the default), `draft`, `scheduled` or `withdrawn`.",
        example="published",
        writable=True,
    ),
    Field(
        name="canonical_url",
        type=WebAddress(),
        description="Where the article first appeared: `https://…` or `http://…`.",
        example="https://example.org/wheat",
        writable=True,
        nullable=True,
        aliases=("canonical", "canonicalurl"),
    ),
    Field(
        name="guid",
        type=Uri(),
        description="A URI that names the article permanently, in feeds too. Made if missing; cannot be changed.",
        example="tag:example.org,2023:wheat",
        writable=True,
    ),
    Field(
        name="image",
        type=WebAddress(),
        description="A picture for lists and previews: `https://…` or `http://…`.",
        example="https://example.org/wheat.jpg",
        writable=True,
        nullable=True,
        aliases=("cover", "cover_image", "feature_image", "featured_image", "thumbnail"),
    ),
    Field(
        name="enclosures",
        type=ENCLOSURES,
        description='Files, as objects `{"url", "type", "length", "title", "duration"}`. '
        "`length` is in bytes, `duration` in seconds.",
        example=[{"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": 1024, "title": None}],
        writable=True,
    ),
    Field(
        name="updated",
        type=_INSTANT,
        description="When the article last changed for its readers (RFC 4287 §4.2.15).",
        example="2023-12-14T09:30:00Z",
        aliases=("lastmod", "modified", "updated_at", "last_modified_at", "date_updated"),
    ),
    Field(
        name="created",
        type=_INSTANT,
        description="When the article was added to an archive.",
        example="2023-12-14T09:30:00Z",
        aliases=("created_at",),
    ),
    Field(
        name="modified",
        type=_INSTANT,
        description="When this revision was saved.",
        example="2023-12-14T09:30:00Z",
        in_front_matter=False,
    ),
    Field(
        name="day",
        type=Day(),
        description="The day in the URL: that of `published` in the site's time zone.",
        example="2023-12-14",
        nullable=True,
    ),
)

WRITABLE: Final[Mapping[str, Field]] = {field.name: field for field in FIELDS if field.writable}
READ_ONLY: Final[Mapping[str, Field]] = {field.name: field for field in FIELDS if not field.writable}
STORED: Final = tuple(field for field in FIELDS if field.stored)
CONTENT_FIELDS: Final[Mapping[str, ContentFormat]] = {
    field.name: field.source_of for field in FIELDS if field.source_of is not None
}
