"""Markdown with front matter, one article per file: written by Dateline, Hugo, Jekyll, Ghost and others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from archive.article import Article, ContentFormat, Status
from archive.exchange.formats.text import NO_DATE
from archive.exchange.front_matter import join_front_matter, split_front_matter
from archive.exchange.front_matter_fields import Fields, FrontMatterFields, front_matter_of
from archive.exchange.item import FILE_KIND, GUID_KIND, Item, Undecodable, Unreadable, digest_of, origin_key
from archive.exchange.source_files import Source, decode
from archive.exchange.target_files import complete_file
from archive.slugs import make_slug
from archive.timestamps import rfc3339

DATE_OF_NAME: Final = "no date: used the date in the file's name"
MAX_FILE_NAME: Final = 200  # bytes; file systems allow 255

_DATED_NAME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[-_ ](.*))?")


def read(source: Source) -> Iterator[Item | Unreadable]:
    """The item of a file. Raises READ_ERRORS and Undecodable."""
    content = source.read()
    try:
        text, notes = decode(content)
        matter, body = split_front_matter(text)
    except Undecodable as error:
        yield Unreadable(source.location, (error.problem,))
        return
    front_matter = FrontMatterFields(matter)
    fields = front_matter.fields
    fields[f"content_{front_matter.body_format}"] = body
    fallback_published, date_notes = _date_and_slug_of_name(source, fields)
    guid = fields.get("guid")
    yield Item(
        location=source.location,
        key=origin_key(GUID_KIND, guid) if isinstance(guid, str) and guid else origin_key(FILE_KIND, source.real_path),
        digest=digest_of(content),
        fields=fields,
        size=len(content),
        fallback_title=source.stem,
        fallback_published=fallback_published,
        notes=(*notes, *front_matter.notes, *date_notes),
    )


def write(articles: Iterator[Article], folder: Path) -> None:
    """Write every article to `2023/12/14/slug.md`, or to `drafts/` if it has no URL.

    A file with the same content is not written again. Nothing is deleted: if an article's URL has changed since an
    earlier export, the old file stays. Raises OSError."""
    for article in articles:
        path = folder / _file_name(article)
        content = document(article).encode()
        if not (path.is_file() and path.read_bytes() == content):
            path.parent.mkdir(parents=True, exist_ok=True)
            with complete_file(path) as stream:
                stream.write(content)


def document(article: Article) -> str:
    """The text of an article's file: front matter with every field that has a value, then the source of its content.

    The key `format` is added if the source is not Markdown."""
    matter = front_matter_of(article)
    body_format, source = ContentFormat.HTML, article.content_html
    if article.content is not None:
        body_format, source = article.content.format, article.content.source
    if body_format is not ContentFormat.MARKDOWN:
        matter["format"] = body_format.value
    return join_front_matter(matter, source)


def _file_name(article: Article) -> Path:
    slug = article.slug
    if article.path is None or len(slug.encode()) > MAX_FILE_NAME:
        slug = f"{slug.encode()[:MAX_FILE_NAME].decode(errors='ignore')}-{article.id}"
    if article.path is None or article.day is None:
        return Path("drafts", f"{slug}.md")
    year, month, day = article.day.isoformat().split("-")
    return Path(year, month, day, f"{slug}.md")


def _date_and_slug_of_name(source: Source, fields: Fields) -> tuple[str | None, tuple[str, ...]]:
    """The fallback date of an article without one, and a note on it: the date in a file name such as
    `2023-12-14-slug.md`, or else the file's modification time. Adds the slug in such a name to `fields` if there is
    none."""
    if fields.get("published") is not None or fields.get("status") == Status.DRAFT:
        return None, ()
    named = _DATED_NAME.fullmatch(source.stem)
    if named is None or not _is_date(named[1]):
        return rfc3339(source.modified), (NO_DATE,)
    if named[2] and not fields.get("slug") and make_slug(named[2]) == named[2]:
        fields["slug"] = named[2]
    return named[1], (DATE_OF_NAME,)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
