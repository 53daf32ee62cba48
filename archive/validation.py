"""Validation: turns untrusted fields into a Draft, or reports every problem with its field."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from archive.article import Content, ContentFormat, Draft, Status
from archive.content.html import render
from archive.content.text import plain_text
from archive.errors import InvalidDraft, Problem
from archive.fields.table import CONTENT_FIELDS, READ_ONLY, WRITABLE
from archive.fields.values import MAX_NAME, FieldError

MAX_UNKNOWN: Final = 20  # unknown fields reported for one article
_CONTENT_NAMES: Final = "content_html, content_markdown or content_text"


def parse_draft(fields: Mapping[str, object], *, zone: ZoneInfo, fallback_title: str | None = None) -> Draft:
    """The draft that these fields describe (archive.fields.table). A field that is None counts as not given.

    Dates, and times without offset, are in `zone`. `fallback_title` is used if there is neither a title nor any
    text to take one from. Raises InvalidDraft with all problems at once."""
    return _Parser(fields, zone, fallback_title).draft()


class _Parser:
    def __init__(self, fields: Mapping[str, object], zone: ZoneInfo, fallback_title: str | None) -> None:
        self.fields = fields
        self.zone = zone
        self.fallback_title = fallback_title
        self.problems: list[Problem] = []

    def draft(self) -> Draft:
        unknown = [str(name) for name in self.fields if name not in WRITABLE and name not in READ_ONLY]
        self.problems += [Problem(_printable(name), _unknown_message(name)) for name in unknown[:MAX_UNKNOWN]]
        content = self.content()
        values = {name: self.value(name) for name in WRITABLE if name not in CONTENT_FIELDS}
        if content is not None and not values["title"]:
            if self.fallback_title and not plain_text(render(content.format, content.source)):
                values["title"] = self.fallback_title
            elif not content.source.strip():
                self.problems.append(Problem("title", "is empty, and so is the content; an article needs one of them"))
        if values["status"] is Status.SCHEDULED and self.fields.get("published") is None:
            self.problems.append(Problem("published", "is missing; a scheduled article needs a publishing date"))
        if self.problems or content is None:
            raise InvalidDraft(self.problems)
        return Draft(content, **{name: value for name, value in values.items() if value is not None})

    def value(self, name: str) -> Any:
        """The parsed value; None if it is not given, blank or wrong. Wrong values are added to `problems`."""
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            return WRITABLE[name].type.parse(value, self.zone)
        except FieldError as error:
            self.problems.append(Problem(name, str(error)))
            return None

    def content(self) -> Content | None:
        given = {name: kind for name, kind in CONTENT_FIELDS.items() if self.fields.get(name) is not None}
        if not given:
            state = "null" if any(name in CONTENT_FIELDS for name in self.fields) else "missing"
            self.problems.append(Problem("content_html", f"is {state}; send one of {_CONTENT_NAMES}"))
            return None
        sources = {kind: self.value(name) for name, kind in given.items()}
        if any(source is None for source in sources.values()):
            return None
        return self._single_source(sources)

    def _single_source(self, sources: dict[ContentFormat, str]) -> Content | None:
        """The one source. HTML is accepted together with the source it was rendered from: the API returns both."""
        if len(sources) == 2 and ContentFormat.HTML in sources:
            html = sources.pop(ContentFormat.HTML)
            [(kind, source)] = sources.items()
            if render(kind, source) == html:
                return Content(kind, source)
            message = f"is not the rendering of content_{kind}; send only the one that you changed"
            self.problems.append(Problem("content_html", message))
            return None
        if len(sources) > 1:
            names = " and ".join(f"content_{kind}" for kind in sources)
            self.problems.append(Problem("content_html", f"{names} were both given; send only one of them"))
            return None
        [(kind, source)] = sources.items()
        return Content(kind, source)


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:MAX_NAME])


def _unknown_message(name: str) -> str:
    similar = difflib.get_close_matches(name, WRITABLE, n=1)
    if similar:
        return f"is not a field of an article; did you mean {similar[0]!r}?"
    return f"is not a field of an article; the fields are {', '.join(WRITABLE)}"
