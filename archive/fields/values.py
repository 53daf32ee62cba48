"""Types of single values: validation, JSON in both directions, and JSON Schema.

The types of an article's fields (archive.fields.table) are built from these and from archive.fields.records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from archive.content.characters import find_surrogate, strip_forbidden
from archive.labels import label_key
from archive.slugs import MAX_SLUG, make_slug
from archive.timestamps import parse_instant, rfc3339, utc

Schema = dict[str, Any]  # JSON Schema 2020-12, as in OpenAPI 3.1
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MAX_NAME: Final = 200  # characters, as in all limits of text
MAX_URL: Final = 2_000
MAX_GUID: Final = 1_000
MAX_LANGUAGE: Final = 50
MAX_DATE: Final = 100
MAX_SLUG_SENT: Final = 300  # a longer value is refused without computing a slug from it
COUNT_LIMIT: Final = 2**53  # JSON numbers are exact below it (RFC 8259 §6)

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # RFC 5646 §2.1, well-formed
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)  # RFC 6838 §4.2
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")  # RFC 3986 §3
_EMAIL: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+")


class FieldError(ValueError):
    """A value is invalid. The message continues a sentence that begins with the field's name."""


class FieldType(Generic[T]):
    """The type of a field's value.

    `empty` is the value of a field that is not given. `converts`: the JSON form differs from the Python value."""

    empty: Any = None
    converts = False

    def parse(self, value: object, zone: ZoneInfo) -> T | None:
        """The value of an untrusted input, which is not None. Returns None for an empty input, such as blanks.

        Dates, and times without offset, are in `zone`. Raises FieldError."""
        del zone
        return self.read(value)

    def read(self, value: object) -> T | None:
        """`parse` for types that need no time zone. Raises FieldError."""
        raise NotImplementedError

    def to_json(self, value: T) -> Any:
        """The value's JSON form, which is the value itself unless the type `converts`. `value` is never None."""
        return value

    def from_json(self, value: Any) -> T:
        """The inverse of `to_json`, for trusted documents."""
        result: T = value
        return result

    def schema(self) -> Schema:
        """The JSON Schema of the input that `parse` accepts, as far as JSON Schema can express it."""
        raise NotImplementedError

    def schema_out(self) -> Schema:
        """The JSON Schema of the output of `to_json`."""
        return {"type": "string"}


class StringType(FieldType[str]):
    """A type whose JSON is a string of at most `max_length` characters."""

    max_length: int

    def schema(self) -> Schema:
        return {"type": "string", "maxLength": self.max_length}


def read_text(value: object, max_length: int) -> str:
    """The value, if it is a string of at most `max_length` characters without lone surrogates. Raises FieldError."""
    if not isinstance(value, str):
        raise FieldError(f"is {kind_of(value)}; it must be a string")
    if len(value) > max_length:
        raise FieldError(f"has {len(value):,} characters; at most {max_length:,} are allowed")
    position = find_surrogate(value)
    if position is not None:
        raise FieldError(
            f"has half a surrogate pair (U+{ord(value[position]):04X} at {position:,}); send whole characters in UTF-8"
        )
    return value


def read_line(value: object, max_length: int) -> str:
    """The text on one line, with each run of white space replaced by one space. Raises FieldError."""
    return " ".join(strip_forbidden(read_text(value, max_length)).split())


def kind_of(value: object) -> str:
    """The JSON type of a value, with an indefinite article: "a string"."""
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


# Text -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text(StringType):
    """Text of any number of lines, stripped of surrounding white space."""

    max_length: int

    def read(self, value: object) -> str | None:
        return strip_forbidden(read_text(value, self.max_length)).strip() or None


@dataclass(frozen=True)
class Line(StringType):
    """Text on one line."""

    max_length: int

    def read(self, value: object) -> str | None:
        return read_line(value, self.max_length) or None


@dataclass(frozen=True)
class Source(StringType):
    """Content as its author wrote it; white space is kept, and it may be empty."""

    max_length: int
    otherwise: str | None = None  # the field that accepts longer texts

    def read(self, value: object) -> str:
        if self.otherwise and isinstance(value, str) and len(value) > self.max_length:
            message = f"has {len(value):,} characters; send more than {self.max_length:,} as {self.otherwise} instead"
            raise FieldError(message)
        return strip_forbidden(read_text(value, self.max_length))


class LabelName(StringType):
    """The name of a section, a tag or an author; it becomes part of a URL."""

    max_length = MAX_NAME

    def read(self, value: object) -> str | None:
        name = read_line(value, MAX_NAME)
        if name and set(label_key(name)) <= {".", "-"}:
            raise FieldError(f"{name!r} has no letter or digit, so it cannot be part of a URL")
        return name or None


class Slug(StringType):
    """The last part of an article's URL."""

    max_length = MAX_SLUG

    def read(self, value: object) -> str:
        text = read_line(value, MAX_SLUG_SENT)
        if not text:
            raise FieldError("is empty; leave it out to have it made from the title")
        slug = make_slug(text)
        if slug != text.strip("/"):
            raise FieldError(f"may contain only letters, digits and hyphens, at most {MAX_SLUG}; for example {slug!r}")
        return slug


class Language(StringType):
    """A language tag (RFC 5646)."""

    max_length = MAX_LANGUAGE

    def read(self, value: object) -> str | None:
        tag = read_line(value, MAX_LANGUAGE)
        if tag and not _LANGUAGE.fullmatch(tag):
            raise FieldError(f"{tag!r} is not a language tag such as en or pt-BR (RFC 5646)")
        return tag or None


class MediaType(StringType):
    """A media type without parameters (RFC 6838 §4.2), in lower case."""

    max_length = MAX_NAME

    def read(self, value: object) -> str:
        media_type = read_line(value, MAX_NAME).lower()
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise FieldError(f"{media_type!r} is not a media type such as audio/mpeg")
        return media_type


class Email(StringType):
    """An e-mail address."""

    max_length = MAX_NAME

    def read(self, value: object) -> str:
        email = read_line(value, MAX_NAME)
        if not _EMAIL.fullmatch(email):
            raise FieldError(f"{email!r} is not an e-mail address")
        return email


class WebAddress(StringType):
    """An absolute URL with the scheme http or https."""

    max_length = MAX_URL

    def read(self, value: object) -> str:
        url = read_line(value, MAX_URL)
        try:
            parts = urlsplit(url)
            valid = (
                parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and " " not in url
            )
        except ValueError:
            valid = False
        if not valid:
            raise FieldError(f"{url[:80]!r} is not a web address; it must begin with https:// or http://")
        return url


class Uri(StringType):
    """A URI with any scheme."""

    max_length = MAX_GUID

    def read(self, value: object) -> str:
        uri = read_line(value, MAX_GUID)
        if not uri:
            raise FieldError("is empty; leave it out to have one made")
        if not _SCHEME.fullmatch(uri):
            raise FieldError(f"{uri[:80]!r} is not a URI; for example tag:example.org,2023:1 or urn:uuid:…")
        return uri


@dataclass(frozen=True)
class Choice(FieldType[E]):
    """A member of an enumeration. `noun` is the name of such a value in error messages."""

    values: type[E]
    noun: str
    default: E | None = None

    converts = True

    def read(self, value: object) -> E:
        text = read_line(value, MAX_NAME)
        try:
            return self.values(text)
        except ValueError as error:
            choices = ", ".join(self.values)
            raise FieldError(f"{text!r} is not a {self.noun}; it must be one of {choices}") from error

    def to_json(self, value: E) -> str:
        return value.value

    def from_json(self, value: Any) -> E:
        return self.values(value)

    def schema(self) -> Schema:
        choices: Schema = {"enum": list(self.values)}
        return choices if self.default is None else choices | {"default": self.default}

    def schema_out(self) -> Schema:
        return {"enum": list(self.values)}


# Numbers and dates ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count(FieldType[int]):
    """A whole number, at least `minimum`. `meaning`: its subject and unit, for error messages.

    `zero_is_unknown`: 0 counts as not given."""

    meaning: str
    minimum: int = 0
    zero_is_unknown: bool = False

    def read(self, value: object) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool) or not self.minimum <= value < COUNT_LIMIT:
            raise FieldError(f"must be {self.meaning}, a whole number")
        return None if value == 0 and self.zero_is_unknown else value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.minimum, "exclusiveMaximum": COUNT_LIMIT}

    def schema_out(self) -> Schema:
        return {"type": "integer", "minimum": self.minimum}


class Instant(FieldType[datetime]):
    """A point in time, UTC; in JSON as RFC 3339."""

    converts = True

    def parse(self, value: object, zone: ZoneInfo) -> datetime:
        given = value if isinstance(value, date) else read_line(value, MAX_DATE)  # TOML has a type for dates
        try:
            return utc(given, zone) if isinstance(given, date) else parse_instant(given, zone)
        except ValueError as error:
            raise FieldError(str(error)) from error

    def to_json(self, value: datetime) -> str:
        return rfc3339(value)

    def from_json(self, value: Any) -> datetime:
        return datetime.fromisoformat(value).astimezone(UTC)

    def schema(self) -> Schema:
        return {"type": "string", "maxLength": MAX_DATE}

    def schema_out(self) -> Schema:
        return {"type": "string", "format": "date-time"}


class Day(FieldType[date]):
    """A calendar day; in JSON as `2023-12-14`."""

    converts = True

    def read(self, value: object) -> date:
        text = read_line(value, MAX_DATE)
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise FieldError("is not a day; write 2023-12-14") from error

    def to_json(self, value: date) -> str:
        return value.isoformat()

    def from_json(self, value: Any) -> date:
        return date.fromisoformat(value)

    def schema(self) -> Schema:
        return {"type": "string", "format": "date"}

    def schema_out(self) -> Schema:
        return {"type": "string", "format": "date"}


def nullable(schema: Schema) -> Schema:
    """The schema, with null allowed as well."""
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]}
