"""Converts front matter to the fields of an article and back: Dateline's own, and that of Hugo, Jekyll, Ghost and
others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from archive.article import Article, ContentFormat, Status
from archive.exchange.restore import is_dateline_export
from archive.fields.records import Items, Record
from archive.fields.table import CONTENT_FIELDS, FIELDS
from archive.fields.values import Count, FieldType, Instant, Language

Fields = dict[str, Any]

STATUSES: Final[Mapping[str, Status]] = {
    "publish": Status.PUBLISHED,
    "future": Status.SCHEDULED,
    "private": Status.DRAFT,
    "pending": Status.DRAFT,
    "inherit": Status.DRAFT,
}
_BY_NAME: Final = {field.name: field for field in FIELDS}
_ADDRESS_KEYS: Final = frozenset({"permalink", "url", "path", "aliases"})
_OWN_KEYS: Final = frozenset({field.name for field in FIELDS if field.in_front_matter} | CONTENT_FIELDS.keys())
_ALIASES: Final[Mapping[str, str]] = {alias: field.name for field in FIELDS for alias in field.aliases}
_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0")
_LOOSE_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]\s*([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)\s*([Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


def front_matter_of(article: Article) -> Fields:
    """Every field that has a value, except the content, in the order of the table."""
    matter: Fields = {}
    for field in FIELDS:
        if field.in_front_matter:
            value = field.value_of(article)
            if value not in (None, field.type.empty):
                matter[field.name] = _shortest(field.type, value)
    return matter


class FrontMatterFields:
    """The fields described by front matter, and a note on every key that is not used.

    `fields` are input for archive.validation.parse_draft. `body_format` is the format of the text after the front
    matter. `is_own`: an export of Dateline wrote the front matter."""

    def __init__(self, matter: Mapping[str, object]) -> None:
        self.fields: Fields = {}
        self.notes: list[str] = []
        self.body_format = ContentFormat.MARKDOWN
        keys = {_fold(name): value for name, value in matter.items()}
        self.is_own = is_dateline_export(keys)
        self._take_switches(keys)
        for name in [name for name in keys if name in _OWN_KEYS]:
            self._take(name, keys.pop(name))
        for alias, name in _ALIASES.items():
            if alias in keys:
                self._take(name, keys.pop(alias), alias=alias)
        self._take_categories(keys.pop("categories", None))
        for name in keys:
            if name not in _ADDRESS_KEYS:
                self._note(f"front matter {name!r} is not a field of an article: ignored")
            elif not self.is_own:
                self._note(f"front matter {name!r} is ignored: URLs are made from date and slug")
        if not self.is_own and self.fields.pop("id", None) is not None:
            self._note("front matter 'id' is ignored: Dateline makes its own")

    def _note(self, text: str) -> None:
        self.notes.append(text)

    def _take_switches(self, keys: Fields) -> None:
        """Apply keys that set other fields: `draft: true`, `published: false`, `status: publish`, `format: html`."""
        draft = keys.pop("draft", None)
        if str(draft).casefold() in _YES:
            keys["status"] = Status.DRAFT.value
        if str(keys.get("published")).casefold() in _NO:
            keys["status"] = Status.DRAFT.value
            del keys["published"]
        elif str(keys.get("published")).casefold() in _YES:
            del keys["published"]
        status = str(keys.get("status")).casefold()
        if status in STATUSES:
            keys["status"] = STATUSES[status].value
        if keys.get("format") in list(ContentFormat):
            self.body_format = ContentFormat(keys.pop("format"))

    def _take(self, name: str, value: object, *, alias: str | None = None) -> None:
        key = alias or name
        if name in CONTENT_FIELDS:
            self._note(f"front matter {key!r} is ignored: the content is the text after the front matter")
        elif self.fields.get(name) not in (None, "", []):
            if alias is not None:
                self._note(f"front matter {key!r} is ignored: {name!r} is given as well")
        elif name == "image" and not _is_web_address(value):
            if value not in (None, ""):
                self._note(f"front matter {key!r} is ignored: it is not a web address")
        else:
            self.fields[name] = _normalized(_BY_NAME[name].type, value)

    def _take_categories(self, value: object) -> None:
        """Make the first category the section, unless there is one; make the others tags."""
        names = _split_names(value)
        if not isinstance(names, list) or not names:
            return
        if not self.fields.get("section"):
            self.fields["section"], *names = names
        if names:
            tags = self.fields.get("tags") or []
            self.fields["tags"] = [*tags, *names] if isinstance(tags, list) else tags


def _fold(key: str) -> str:
    return key.strip().casefold().replace("-", "_").replace(" ", "_")


def _shortest(kind: FieldType[Any], value: Any) -> object:
    """A value in its shortest form for YAML: an instant as a timestamp, an author without other parts as a name."""
    match kind:
        case Instant():
            return value
        case Items(of=Record() as record):
            return [_shortest(record, item) for item in value]
        case Record(short=str(short)):
            document = kind.to_json(value)
            given = {name for name, part in document.items() if part is not None}
            return document[short] if given == {short} else document
        case _:
            return kind.to_json(value)


def _normalized(kind: FieldType[Any], value: object) -> object:
    """A value from YAML or TOML, as other programs write it, in the form that the type's `parse` accepts."""
    match kind:
        case Instant():
            return _normalized_instant(value)
        case Language() if isinstance(value, str) and value:
            return value.replace("_", "-")
        case Count() if isinstance(value, str) and value.isascii() and value.isdecimal():
            return int(value)
        case Items(of=Record() as record, single=single):
            items = [value] if single and not isinstance(value, list) else value
            if not isinstance(items, list):
                return items
            return [_normalized(record, item) for item in items if not (single and item in (None, ""))]
        case Items():
            return _split_names(value)
        case Record() if isinstance(value, dict):
            return _normalized_record(kind, value)
    return None if value == "" else value


def _normalized_record(record: Record[Any], value: Mapping[str, object]) -> Fields:
    known = {name for part in record.parts for name in (part.name, *part.aliases)}
    normalized: Fields = {} if record.drops_unknown else {k: v for k, v in value.items() if k not in known}
    for part in record.parts:
        given = next((value[name] for name in (part.name, *part.aliases) if value.get(name) not in (None, "")), None)
        normalized[part.name] = _normalized(part.type, given)
    return normalized


def _normalized_instant(value: object) -> object:
    """A date in a form that archive.timestamps can parse: `2023-12-14 09:30:00 +0100` is common in front matter."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    instant = _LOOSE_INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if instant is None:
        return None if value == "" else value
    offset = {"z": "Z", "utc": "Z"}.get((instant[3] or "").casefold(), instant[3] or "")
    return f"{instant[1]}T{instant[2]}{offset}"


def _split_names(value: object) -> object:
    """A list of names from a string with commas; any other value unchanged."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return value


def _is_web_address(value: object) -> bool:
    return isinstance(value, str) and value.casefold().startswith(("http://", "https://"))
