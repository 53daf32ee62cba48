"""Markdown files with front matter: Dateline's own, and those of Hugo, Jekyll, Ghost and their like."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import yaml

from archive.article import Article, ContentFormat, Status
from archive.exchange.formats.text import NO_DATE
from archive.exchange.item import Item, Undecodable, Unreadable, digest_of, origin_key
from archive.exchange.restore import is_own
from archive.exchange.source_files import Source, decode
from archive.serialization import to_document
from archive.slugs import make_slug
from archive.timestamps import rfc3339
from archive.validation import CONTENT_FIELDS, READ_ONLY, WRITABLE

SUFFIXES: Final = (".md", ".markdown", ".mdown", ".mkd")
DATE_OF_NAME: Final = "no date: took the one in the file's name"

Fields = dict[str, Any]

# Keys that other programs write, by the field they stand for. What stands first wins.
SYNONYMS: Final[Mapping[str, str]] = {
    "published_at": "published",
    "publishdate": "published",
    "pubdate": "published",
    "date_published": "published",
    "date": "published",
    "author": "authors",
    "byline": "authors",
    "category": "section",
    "tag": "tags",
    "keywords": "tags",
    "description": "summary",
    "excerpt": "summary",
    "custom_excerpt": "summary",
    "abstract": "summary",
    "lang": "language",
    "locale": "language",
    "cover": "image",
    "cover_image": "image",
    "feature_image": "image",
    "featured_image": "image",
    "thumbnail": "image",
    "canonical": "canonical_url",
    "canonicalurl": "canonical_url",
    "lastmod": "updated",
    "modified": "updated",
    "updated_at": "updated",
    "last_modified_at": "updated",
    "date_updated": "updated",
    "created_at": "created",
}
STATUSES: Final[Mapping[str, Status]] = {
    "publish": Status.PUBLISHED,
    "future": Status.SCHEDULED,
    "private": Status.DRAFT,
    "pending": Status.DRAFT,
    "inherit": Status.DRAFT,
}
_ADDRESSES: Final = ("permalink", "url", "path", "aliases")
_OWN_KEYS: Final = (frozenset(WRITABLE) | READ_ONLY).difference(_ADDRESSES, ["modified"])
_YES: Final = ("true", "yes", "on", "1")
_NO: Final = ("false", "no", "off", "0")

_FRONT_MATTER: Final = re.compile(
    r"(---|\+\+\+)[ \t]*\r?\n(.*?)^\1[ \t]*(?:\r?\n|\Z)(?:\r?\n)?", re.DOTALL | re.MULTILINE
)
_UNCLOSED: Final = re.compile(r"(?:---[ \t]*\r?\n[\w-]+:[ \t\r\n]|\+\+\+[ \t]*\r?\n[\w-]+[ \t]*=)")
_DATED_NAME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[-_ ](.*))?")
_LOOSE_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]\s*([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)\s*([Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


def read(source: Source) -> Iterator[Item | Unreadable]:
    """The article that a file is; raises what reading files may raise (files.DAMAGED)."""
    content = source.read()
    try:
        text, notes = decode(content)
        front, body = split(text)
    except Undecodable as error:
        yield Unreadable(source.place, (error.problem,))
        return
    understood = _Understood(front)
    fields = understood.fields
    fields[f"content_{understood.body_format}"] = body
    fallback, more = _from_name(source, fields)
    guid = fields.get("guid")
    yield Item(
        place=source.place,
        key=origin_key("guid", guid) if isinstance(guid, str) and guid else origin_key("file", source.address),
        digest=digest_of(content),
        fields=fields,
        size=len(content),
        fallback_title=source.stem,
        fallback_published=fallback,
        notes=(*notes, *understood.notes, *more),
    )


def document(article: Article) -> str:
    """The article as a file: front matter with every field that has a value, then what its author wrote.

    `format` says so where that is not Markdown."""
    fields = to_document(article)
    body_format, source = ContentFormat.HTML, article.content_html
    if article.content is not None:
        body_format, source = article.content.format, article.content.source
    front = {name: _plain(name, value) for name, value in fields.items() if name not in CONTENT_FIELDS}
    front = {name: value for name, value in front.items() if value not in (None, [])}
    for name in ("modified", "path"):
        front.pop(name, None)
    if body_format is not ContentFormat.MARKDOWN:
        front["format"] = body_format.value
    matter = yaml.dump(front, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"---\n{matter}---\n\n{source}\n"


def split(text: str) -> tuple[Fields, str]:
    """Front matter in YAML (between `---`) or TOML (`+++`), and the body. Raises Undecodable."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        if _UNCLOSED.match(text):
            raise Undecodable("front matter", f"has no end; close it with a line {text[:3]!r}")
        return {}, _without_last_break(text)
    front = _toml(found[2]) if found[1] == "+++" else _yaml(found[2])
    if front is None:  # the rules that part a text look like front matter, too
        return {}, _without_last_break(text)
    return front, _without_last_break(text[found.end() :])


def _without_last_break(text: str) -> str:
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


try:  # ten times as fast; every wheel of PyYAML has them
    from yaml import CSafeDumper as _Dumper
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeDumper as _Dumper  # type: ignore[assignment]
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _Loader(_SafeLoader):
    """YAML in which numbers, dates and booleans stay as they were written: a title may be 1984."""


_Loader.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [one for one in resolvers if one[0] in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")])
}


def _yaml(matter: str) -> Fields | None:
    try:
        front = yaml.load(matter, Loader=_Loader)  # noqa: S506  a SafeLoader with fewer types
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 2}" if error.problem_mark else ""
        raise Undecodable("front matter", f"is not YAML: {error.problem or error.context}{where}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Undecodable("front matter", f"is not YAML: {str(error).splitlines()[0]}") from error
    if front is None:
        return {}
    return {str(name): value for name, value in front.items()} if isinstance(front, dict) else None


def _toml(matter: str) -> Fields:
    try:
        return tomllib.loads(matter.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Undecodable("front matter", f"is not TOML: {error}") from error


class _Understood:
    """Front matter as the fields of an article, with a note on everything that is not one."""

    def __init__(self, front: Fields) -> None:
        self.notes: list[str] = []
        self.body_format = ContentFormat.MARKDOWN
        self.fields: Fields = {}
        keys = {_key(name): value for name, value in front.items()}
        self.own = is_own(keys)
        self._take_switches(keys)
        for name in [name for name in keys if name in _OWN_KEYS]:
            self._take(name, keys.pop(name))
        for name, field in SYNONYMS.items():
            if name in keys:
                self._take(field, keys.pop(name), said=name)
        self._take_categories(keys.pop("categories", None))
        for name in keys:
            if name not in _ADDRESSES:
                self.note(f"front matter {name!r} is not a field of an article: left out")
            elif not self.own:
                self.note(f"front matter {name!r} is not kept: addresses are made of date and slug")
        if not self.own and self.fields.pop("id", None) is not None:
            self.note("front matter 'id' is not kept: Dateline makes its own")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def _take_switches(self, keys: Fields) -> None:
        """The keys that say something else than their value: `draft: true`, `published: false`, `format: html`."""
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

    def _take(self, field: str, value: object, *, said: str = "") -> None:
        said = said or field
        if field in CONTENT_FIELDS:
            self.note(f"front matter {said!r} is left out: the content is what follows it")
            return
        if field in self.fields and self.fields[field] not in (None, "", []):
            if said != field:
                self.note(f"front matter {said!r} is left out: {field!r} was given, too")
            return
        if field == "image" and not _is_web_address(value):
            if value not in (None, ""):
                self.note(f"front matter {said!r} is not a web address: left out")
            return
        self.fields[field] = _READERS.get(field, _as_it_is)(value)

    def _take_categories(self, value: object) -> None:
        """The first category is the section, where none is named; the others are tags."""
        names = _names(value)
        if not isinstance(names, list) or not names:
            return
        if not self.fields.get("section"):
            self.fields["section"], *names = names
        if names:
            tags = self.fields.get("tags") or []
            self.fields["tags"] = [*tags, *names] if isinstance(tags, list) else tags


def _key(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")


def _as_it_is(value: object) -> object:
    return None if value == "" else value


def _names(value: object) -> object:
    """A list of names, also from one string with commas."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return value


def _people(value: object) -> object:
    people = value if isinstance(value, list) else [value]
    return [_person(person) for person in people if person not in (None, "")]


def _person(person: object) -> object:
    """Other programs keep portraits and biographies with an author; an article does not."""
    if not isinstance(person, dict):
        return person
    uri = person.get("uri") or person.get("url") or person.get("website")
    return {"name": person.get("name", ""), "uri": uri, "email": person.get("email")}


def _moment(value: object) -> object:
    """A date as archive.instants reads it: `2023-12-14 09:30:00 +0100` is common in front matter."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    found = _LOOSE_INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return _as_it_is(value)
    offset = {"z": "Z", "utc": "Z"}.get((found[3] or "").casefold(), found[3] or "")
    return f"{found[1]}T{found[2]}{offset}"


def _language(value: object) -> object:
    return value.replace("_", "-") if isinstance(value, str) and value else _as_it_is(value)


def _files(value: object) -> object:
    """Enclosures, their lengths numbers again."""
    if not isinstance(value, list):
        return value
    return [_file(enclosure) if isinstance(enclosure, dict) else enclosure for enclosure in value]


def _file(enclosure: Fields) -> Fields:
    length = enclosure.get("length")
    return {**enclosure, "length": int(length)} if isinstance(length, str) and length.isdecimal() else enclosure


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "published": _moment,
    "updated": _moment,
    "created": _moment,
    "tags": _names,
    "authors": _people,
    "language": _language,
    "enclosures": _files,
}


def _is_web_address(value: object) -> bool:
    return isinstance(value, str) and value.casefold().startswith(("http://", "https://"))


def _from_name(source: Source, fields: Fields) -> tuple[str | None, tuple[str, ...]]:
    """What `2023-12-14-slug.md` says where the front matter does not; else the file's modification date."""
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


def _plain(name: str, value: Any) -> Any:
    """Instants as YAML writes them, people by name alone where that is all."""
    if name in ("published", "updated", "created") and value is not None:
        return datetime.fromisoformat(value)
    if name == "authors":
        return [person["name"] if not (person["uri"] or person["email"]) else person for person in value]
    return value
