"""From a mapping that a stranger sent to a valid Draft, with every problem named by its field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from archive.article import Author, Content, ContentFormat, Draft, Enclosure, Role, Status
from archive.content.characters import find_surrogate, strip_forbidden
from archive.content.html import render
from archive.content.text import plain_text
from archive.errors import InvalidDraft, Problem
from archive.labels import label_key
from archive.slugs import SLUG_LENGTH, make_slug
from archive.timestamps import parse_instant, utc

MOST_TITLE = 500  # characters, as all of these
MOST_SUMMARY = 5_000
MOST_CONTENT = 2_000_000
MOST_MARKDOWN = 300_000  # rendering takes quadratic time at worst: 100,000 open brackets 3 s
MOST_NAME = 200
MOST_URL = 2_000
MOST_GUID = 1_000
MOST_TAGS = 100
MOST_AUTHORS = 100
MOST_ENCLOSURES = 100
MOST_UNKNOWN = 20  # fields that are told to be unknown, of one article

CONTENT_FIELDS: Final = {f"content_{kind}": kind for kind in ContentFormat}
# What an article has when it goes out, and may have when it comes back: not the sender's to say.
READ_ONLY: Final = frozenset({"id", "url", "path", "updated", "created", "modified", "revision", "day"})
WRITABLE: Final = (
    "title slug summary content_html content_markdown content_text authors section tags language "
    "published status canonical_url guid image enclosures"
).split()

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # RFC 5646 §2.1, well-formed
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)  # RFC 6838 §4.2
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")  # RFC 3986 §3
_EMAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")
T = TypeVar("T")


class _Wrong(ValueError):
    """One field is wrong; the message completes a sentence that begins with its name."""


def parse_draft(fields: Mapping[str, object], *, zone: ZoneInfo, fallback_title: str | None = None) -> Draft:
    """The draft that these fields describe (docs/api.md lists them). None counts as not given.

    Dates without a time or offset are read in `zone`. `fallback_title` serves an article that has
    neither a title nor words to take one from. Raises InvalidDraft with all problems at once."""
    return _Parser(fields, zone, fallback_title).draft()


class _Parser:
    def __init__(self, fields: Mapping[str, object], zone: ZoneInfo, fallback_title: str | None) -> None:
        self.fields = fields
        self.zone = zone
        self.fallback_title = fallback_title
        self.problems: list[Problem] = []

    def draft(self) -> Draft:
        unknown = [str(name) for name in self.fields if name not in WRITABLE and name not in READ_ONLY]
        self.problems += [Problem(_printable(name), _unknown(name)) for name in unknown[:MOST_UNKNOWN]]
        content = self.content()
        title = self.field("title", lambda value: _line(value, MOST_TITLE))
        if content is not None and not title:
            if self.fallback_title and not plain_text(render(content.format, content.source)):
                title = self.fallback_title
            elif not content.source.strip():
                self.problems.append(Problem("title", "is empty, and so is the content; an article needs one of them"))
        draft = Draft(
            content=content or Content(ContentFormat.TEXT, ""),
            title=title,
            slug=self.field("slug", _slug),
            summary=self.field("summary", lambda value: strip_forbidden(_text(value, MOST_SUMMARY)).strip() or None),
            authors=self.field("authors", _authors) or (),
            section=self.field("section", _label_name),
            tags=self.field("tags", _tags) or (),
            language=self.field("language", _language),
            published=self.field("published", self.published),
            status=self.field("status", _status) or Status.PUBLISHED,
            canonical_url=self.field("canonical_url", _web_address),
            guid=self.field("guid", _guid),
            image=self.field("image", _web_address),
            enclosures=self.field("enclosures", _enclosures) or (),
        )
        if draft.status is Status.SCHEDULED and self.fields.get("published") is None:
            self.problems.append(Problem("published", "is missing; say when the scheduled article is to appear"))
        if self.problems:
            raise InvalidDraft(self.problems)
        return draft

    def field(self, name: str, read: Callable[[object], T]) -> T | None:
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            return read(value)
        except _Wrong as wrong:
            self.problems.append(Problem(name, str(wrong)))
            return None

    def content(self) -> Content | None:
        given = {name: kind for name, kind in CONTENT_FIELDS.items() if self.fields.get(name) is not None}
        if not given:
            if not any(name in CONTENT_FIELDS for name in self.fields):
                message = "is missing; send one of content_html, content_markdown or content_text"
            else:
                message = "is null; send one of content_html, content_markdown or content_text"
            self.problems.append(Problem("content_html", message))
            return None
        read: dict[ContentFormat, str] = {}
        for name, kind in given.items():
            source = self.field(name, _markdown if kind is ContentFormat.MARKDOWN else _content)
            if source is not None:
                read[kind] = source
        if len(read) < len(given):
            return None
        return self._one_of(read)

    def _one_of(self, read: dict[ContentFormat, str]) -> Content | None:
        """One source. The HTML may come beside what it was rendered from, as it does when read back."""
        if len(read) == 2 and ContentFormat.HTML in read:
            html = read.pop(ContentFormat.HTML)
            [(kind, source)] = read.items()
            if render(kind, source) == html:
                return Content(kind, source)
            message = f"is not what content_{kind} renders to; send only the one that you changed"
            self.problems.append(Problem("content_html", message))
            return None
        if len(read) > 1:
            names = " and ".join(f"content_{kind}" for kind in read)
            self.problems.append(Problem("content_html", f"{names} were both given; send one of them"))
            return None
        [(kind, source)] = read.items()
        return Content(kind, source)

    def published(self, value: object) -> datetime:
        try:
            if isinstance(value, date):  # front matter gives dates as dates
                return utc(value, self.zone)
            return parse_instant(_line(value, 100), self.zone)
        except _Wrong:
            raise
        except ValueError as error:
            raise _Wrong(str(error)) from None


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:MOST_NAME])


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, WRITABLE, n=1)
    return (
        f"is not a field of an article; did you mean {close[0]!r}?"
        if close
        else (f"is not a field of an article; the fields are {', '.join(WRITABLE)}")
    )


def _text(value: object, most: int) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"is {_kind(value)}; it must be a string")
    if len(value) > most:
        raise _Wrong(f"has {len(value):,} characters; at most {most:,} can be kept")
    where = find_surrogate(value)
    if where is not None:
        raise _Wrong(
            f"holds half of a character (U+{ord(value[where]):04X} at {where:,}); send whole characters, as UTF-8"
        )
    return value


def _content(value: object) -> str:
    return strip_forbidden(_text(value, MOST_CONTENT))


def _markdown(value: object) -> str:
    if isinstance(value, str) and len(value) > MOST_MARKDOWN:
        raise _Wrong(f"has {len(value):,} characters; send what has more than {MOST_MARKDOWN:,} as content_html")
    return _content(value)


def _line(value: object, most: int) -> str:
    """Text on one line, spaces folded."""
    return " ".join(strip_forbidden(_text(value, most)).split())


def _kind(value: object) -> str:
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


def _slug(value: object) -> str:
    text = _line(value, 300)
    if not text:
        raise _Wrong("is empty; leave it out and it is made from the title")
    slug = make_slug(text)
    if slug != text.strip("/"):
        raise _Wrong(f"may hold letters, digits and hyphens, at most {SLUG_LENGTH}; for example {slug!r}")
    return slug


def _label_name(value: object) -> str | None:
    name = _line(value, MOST_NAME)
    if not name:
        return None
    if set(label_key(name)) <= {".", "-"}:
        raise _Wrong(f"{name!r} has no letter or digit; it could not stand in an address")
    return name


def _tags(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list):
        raise _Wrong(f"is {_kind(value)}; it must be a list of strings")
    if len(names) > MOST_TAGS:
        raise _Wrong(f"has {len(names):,} entries; at most {MOST_TAGS} can be kept")
    tags: dict[str, str] = {}
    for tag in _each(names, _label_name):
        if tag:
            tags.setdefault(label_key(tag), tag)
    return tuple(tags.values())


def _authors(value: object) -> tuple[Author, ...]:
    people = [value] if isinstance(value, str | dict) else value
    if not isinstance(people, list):
        raise _Wrong(f'is {_kind(value)}; it must be a list of names or of {{"name": …}}')
    if len(people) > MOST_AUTHORS:
        raise _Wrong(f"has {len(people):,} entries; at most {MOST_AUTHORS} can be kept")
    return tuple(dict.fromkeys(author for author in _each(people, _author) if author is not None))


def _author(value: object) -> Author | None:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        raise _Wrong(f'is {_kind(value)}; it must be a name or {{"name": …, "uri": …, "email": …}}')
    _only(value, ("name", "uri", "email", "role"))
    name = _label_name(value.get("name", ""))
    uri = None if value.get("uri") is None else _web_address(value["uri"])
    email = None if value.get("email") is None else _line(value["email"], MOST_NAME)
    if email is not None and not _EMAIL.fullmatch(email):
        raise _Wrong(f"email {email!r} is not an e-mail address")
    if name is None:
        if uri is None and email is None:
            return None
        raise _Wrong("has no name; give one")
    return Author(name, uri, email or None, _role(value))


def _role(value: Mapping[str, object]) -> Role:
    role = _part(value, "role", Role.AUTHOR)
    try:
        return Role(role)
    except ValueError:
        raise _Wrong(f"role {role!r} is none; it is one of {', '.join(Role)}") from None


def _enclosures(value: object) -> tuple[Enclosure, ...]:
    if not isinstance(value, list):
        raise _Wrong(f'is {_kind(value)}; it must be a list of {{"url": …, "type": …, "length": …}}')
    if len(value) > MOST_ENCLOSURES:
        raise _Wrong(f"has {len(value):,} entries; at most {MOST_ENCLOSURES} can be kept")
    return tuple(_each(value, _enclosure))


def _enclosure(value: object) -> Enclosure:
    if not isinstance(value, dict):
        raise _Wrong(f'is {_kind(value)}; it must be {{"url": …, "type": …, "length": …}}')
    _only(value, ("url", "type", "length", "title", "duration"))
    if value.get("url") is None:
        raise _Wrong("has no url; give the address of the file")
    media_type = _part(value, "type", "application/octet-stream").lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise _Wrong(f"type {media_type!r} is not a media type such as audio/mpeg")
    length = 0 if value.get("length") is None else value["length"]
    if not _is_count(length):
        raise _Wrong("length must be the file's size in bytes, a whole number")
    duration = value.get("duration")
    if duration is not None and not _is_count(duration):
        raise _Wrong("duration must be how long it plays in seconds, a whole number")
    title = None if value.get("title") is None else _line(value["title"], MOST_TITLE)
    return Enclosure(_web_address(value["url"]), media_type, length, title or None, duration or None)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _part(value: Mapping[str, object], name: str, otherwise: str) -> str:
    """One line under this name, `otherwise` where nothing is given. What is wrong is told with the name."""
    if value.get(name) is None:
        return otherwise
    try:
        return _line(value[name], MOST_NAME)
    except _Wrong as wrong:
        raise _Wrong(f"{name} {wrong}") from None


def _only(value: Mapping[str, object], names: tuple[str, ...]) -> None:
    unknown = sorted(str(name) for name in value if name not in names)
    if unknown:
        raise _Wrong(f"has an unknown field {unknown[0][:MOST_NAME]!r}; the fields are {', '.join(names)}")


def _each(values: Sequence[object], read: Callable[[object], T]) -> Iterator[T]:
    for position, value in enumerate(values, start=1):
        try:
            yield read(value)
        except _Wrong as wrong:
            raise _Wrong(f"entry {position} {wrong}") from None


def _language(value: object) -> str | None:
    tag = _line(value, 50)
    if tag and not _LANGUAGE.fullmatch(tag):
        raise _Wrong(f"{tag!r} is not a language tag such as en or pt-BR (RFC 5646)")
    return tag or None


def _status(value: object) -> Status:
    try:
        return Status(_line(value, 20))
    except ValueError as error:
        if isinstance(error, _Wrong):
            raise
        raise _Wrong(f"{value!r} is not a status; it is one of {', '.join(Status)}") from None


def _web_address(value: object) -> str:
    url = _line(value, MOST_URL)
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and " " not in url
    except ValueError:
        sound = False
    if not sound:
        raise _Wrong(f"{url[:80]!r} is not a web address; it must begin with https:// or http://")
    return url


def _guid(value: object) -> str:
    guid = _line(value, MOST_GUID)
    if not guid:
        raise _Wrong("is empty; leave it out and one is made")
    if not _SCHEME.fullmatch(guid):
        raise _Wrong(f"{guid[:80]!r} is not a URI; for example tag:example.org,2023:1 or urn:uuid:…")
    return guid
