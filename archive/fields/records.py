"""Types of composite values: lists, and objects with named parts such as authors and enclosures."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from archive.article import Author, Enclosure, Role
from archive.fields.values import (
    MAX_NAME,
    Choice,
    Count,
    Email,
    FieldError,
    FieldType,
    LabelName,
    Line,
    MediaType,
    Schema,
    WebAddress,
    kind_of,
    nullable,
)
from archive.labels import label_key

T = TypeVar("T")

MAX_TAGS: Final = 100  # items, as in all limits of lists
MAX_AUTHORS: Final = 100
MAX_ENCLOSURES: Final = 100
MAX_ENCLOSURE_TITLE: Final = 500  # characters


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a Record, stored in the attribute of the same name of the record's class.

    `default` is the value if the part is missing or null. A part that is `omitted` is not written to JSON
    if it has its default, as in documents that are older than the part. `aliases` are its names in files
    of other programs."""

    name: str
    type: FieldType[Any]
    description: str = ""
    default: object = None
    omitted: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Record(FieldType[T]):
    """An object with named parts.

    `required` is the name of the part that must be given, and `missing` the error message if it is not.
    `short`: a plain string is accepted as a record with only this part. `shape` is an example for error
    messages. `drops_empty`: a record without any part is dropped. `drops_unknown`: unknown parts in files
    of other programs are dropped; the API always refuses them."""

    make: Callable[..., T]
    parts: tuple[Part, ...]
    required: str
    missing: str
    shape: str
    short: str | None = None
    drops_empty: bool = False
    drops_unknown: bool = False

    converts = True

    def parse(self, value: object, zone: ZoneInfo) -> T | None:
        if isinstance(value, str) and self._short_part is not None:
            given = {self._short_part.name: self._short_part.type.parse(value, zone)}
        elif isinstance(value, dict):
            self._refuse_unknown(value)
            given = {part.name: _parse_part(part, value.get(part.name), zone) for part in self.parts}
        else:
            raise FieldError(f"is {kind_of(value)}; it must be {self.shape}")
        given = {name: part for name, part in given.items() if part is not None}
        if self.required not in given:
            if self.drops_empty and not given:
                return None
            raise FieldError(self.missing)
        return self.make(**(self._defaults | given))

    def to_json(self, value: T) -> dict[str, Any]:
        document = {}
        for part in self.parts:
            given = getattr(value, part.name)
            if not (part.omitted and given == part.default):
                document[part.name] = part.type.to_json(given) if part.type.converts and given is not None else given
        return document

    def from_json(self, value: Any) -> T:
        values = self._defaults.copy()
        for part in self.parts:
            given = value.get(part.name)
            if given is not None:
                values[part.name] = part.type.from_json(given) if part.type.converts else given
        return self.make(**values)

    def schema(self) -> Schema:
        properties = {
            part.name: _described(
                part, part.type.schema() if part.name == self.required else nullable(part.type.schema())
            )
            for part in self.parts
        }
        record = _object(properties, [self.required]) | {"additionalProperties": False}
        if self._short_part is None:
            return record
        return {"anyOf": [self._short_part.type.schema(), record]}

    def schema_out(self) -> Schema:
        properties = {
            part.name: nullable(part.type.schema_out())
            if part.default is None and part.name != self.required and not part.omitted
            else part.type.schema_out()
            for part in self.parts
        }
        return _object(properties, [part.name for part in self.parts if not part.omitted])

    @cached_property
    def _short_part(self) -> Part | None:
        return next((part for part in self.parts if part.name == self.short), None)

    @cached_property
    def _defaults(self) -> dict[str, object]:
        return {part.name: part.default for part in self.parts}

    def _refuse_unknown(self, value: dict[object, object]) -> None:
        names = [part.name for part in self.parts]
        unknown = sorted(str(name) for name in value if name not in names)
        if unknown:
            raise FieldError(f"has an unknown field {unknown[0][:MAX_NAME]!r}; the fields are {', '.join(names)}")


@dataclass(frozen=True, kw_only=True)
class Items(FieldType[tuple[Any, ...]]):
    """A list of values of one type. A single value of a type in `single` is accepted as a list of one.

    Of items with the same `key`, the first is kept; without a key all are. `shape` describes the list in error
    messages."""

    of: FieldType[Any]
    max_items: int
    shape: str
    single: tuple[type, ...] = ()
    key: Callable[[Any], Hashable] | None = None

    empty = ()
    converts = True

    def parse(self, value: object, zone: ZoneInfo) -> tuple[Any, ...]:
        entries = [value] if isinstance(value, self.single) else value
        if not isinstance(entries, list):
            raise FieldError(f"is {kind_of(value)}; it must be {self.shape}")
        if len(entries) > self.max_items:
            raise FieldError(f"has {len(entries):,} entries; at most {self.max_items} are allowed")
        items = []
        for position, entry in enumerate(entries, start=1):
            try:
                item = self.of.parse(entry, zone)
            except FieldError as error:
                raise FieldError(f"entry {position} {error}") from error
            if item is not None:
                items.append(item)
        if self.key is None:
            return tuple(items)
        first: dict[Hashable, Any] = {}
        for item in items:
            first.setdefault(self.key(item), item)
        return tuple(first.values())

    def to_json(self, value: tuple[Any, ...]) -> list[Any]:
        return [self.of.to_json(item) for item in value]

    def from_json(self, value: Any) -> tuple[Any, ...]:
        return tuple([self.of.from_json(item) for item in value])

    def schema(self) -> Schema:
        item = self.of.schema()
        array = {"type": "array", "items": item, "maxItems": self.max_items}
        return {"anyOf": [array, *item.get("anyOf", [item])]} if self.single else array

    def schema_out(self) -> Schema:
        return {"type": "array", "items": self.of.schema_out()}


def _parse_part(part: Part, value: object, zone: ZoneInfo) -> object:
    """The parsed part of a record; None if it is not given. An error message begins with the part's name."""
    if value is None:
        return None
    try:
        parsed: object = part.type.parse(value, zone)
    except FieldError as error:
        raise FieldError(f"{part.name} {error}") from error
    return parsed


def _described(part: Part, schema: Schema) -> Schema:
    return schema | {"description": part.description} if part.description else schema


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "required": required, "properties": properties}


AUTHOR: Final = Record(
    make=Author,
    parts=(
        Part(name="name", type=LabelName()),
        Part(name="uri", type=WebAddress(), description="https:// or http://", aliases=("url", "website")),
        Part(name="email", type=Email()),
        Part(
            name="role",
            type=Choice(Role, "role"),
            description="`author` where missing.",
            default=Role.AUTHOR,
            omitted=True,
        ),
    ),
    required="name",
    missing="has no name; give one",
    shape='a name or {"name": …, "uri": …, "email": …}',
    short="name",
    drops_empty=True,
    drops_unknown=True,  # portraits and biographies
)
ENCLOSURE: Final = Record(
    make=Enclosure,
    parts=(
        Part(name="url", type=WebAddress(), description="https:// or http://"),
        Part(
            name="type",
            type=MediaType(),
            description="A media type; application/octet-stream where missing.",
            default="application/octet-stream",
        ),
        Part(name="length", type=Count("the file's size in bytes"), description="Size in bytes.", default=0),
        Part(name="title", type=Line(MAX_ENCLOSURE_TITLE)),
        Part(
            name="duration",
            type=Count("the playing time in seconds", zero_is_unknown=True),
            description="Playing time in seconds.",
            omitted=True,
        ),
    ),
    required="url",
    missing="has no url; give the address of the file",
    shape='{"url": …, "type": …, "length": …}',
)

TAGS: Final = Items(of=LabelName(), max_items=MAX_TAGS, shape="a list of strings", single=(str,), key=label_key)
AUTHORS: Final = Items(
    of=AUTHOR,
    max_items=MAX_AUTHORS,
    shape='a list of names or of {"name": …}',
    single=(str, dict),
    key=lambda author: author,
)
ENCLOSURES: Final = Items(of=ENCLOSURE, max_items=MAX_ENCLOSURES, shape=f"a list of {ENCLOSURE.shape}")
