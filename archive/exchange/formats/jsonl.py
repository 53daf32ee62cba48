"""JSON Lines: one article per line, with the fields of the admin API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from archive.article import Article
from archive.errors import Problem
from archive.exchange.item import DIGEST_KIND, GUID_KIND, ID_KIND, Item, Unreadable, digest_of, origin_key
from archive.exchange.source_files import READ_ERRORS, Source, read_problem
from archive.exchange.target_files import CannotWrite, complete_file, gzipped_by_suffix
from archive.serialization import to_document

MAX_LINE_BYTES: Final = 32 * 2**20  # enough for the longest content in two formats, or with all characters escaped
NO_DATE: Final = "no date: used the time of the import"


def read(source: Source) -> Iterator[Item | Unreadable]:
    """The items of all lines that are not blank. A truncated gzip file yields the lines before its end."""
    try:
        for content in source.lines(MAX_LINE_BYTES):
            if content is None:
                message = f"has more than {MAX_LINE_BYTES >> 20} MiB; write one article per line"
                yield Unreadable(source.location, (Problem("line", message),))
                continue
            content = content.removeprefix(b"\xef\xbb\xbf").strip() if source.line == 1 else content.strip()
            if content:
                yield _item(source, content)
            if source.line == 1 and content in (b"[", b"{"):
                return
    except READ_ERRORS as error:
        yield Unreadable(source.location, (read_problem(error),))


def write(articles: Iterator[Article], target: Path) -> None:
    """Write one article per line, with every field; gzipped if `target` ends in `.gz`.

    An existing file is replaced when the new one is complete. Raises OSError and CannotWrite."""
    if target.is_dir():
        raise CannotWrite(f"{target} is a folder; name a file, such as {target / 'archive.jsonl.gz'}")
    with complete_file(target) as raw, gzipped_by_suffix(raw, target) as stream:
        for article in articles:
            stream.write(line(article))


def line(article: Article) -> bytes:
    """The article with every field as JSON in UTF-8, with a line break at the end."""
    return orjson.dumps(to_document(article), option=orjson.OPT_APPEND_NEWLINE)


def _item(source: Source, content: bytes) -> Item | Unreadable:
    if content in (b"[", b"{") and source.line == 1:
        return _unreadable(source, "file", "is one JSON document over many lines; write one article per line")
    try:
        fields = _parsed(content)
    except ValueError as error:
        return _unreadable(source, "line", str(error))
    if not isinstance(fields, dict):
        return _unreadable(source, "line", 'is not an object; write {"title": …, "content_text": …}')
    digest = digest_of(_canonical(fields))
    name = fields.get("id")
    if not isinstance(name, str | int | None) or isinstance(name, bool):
        return _unreadable(source, "id", "must be a string or a number; it names the article in later imports")
    guid = fields.get("guid")
    if isinstance(guid, str) and guid:
        key = origin_key(GUID_KIND, guid)
    else:
        key = origin_key(DIGEST_KIND, digest) if name in (None, "") else origin_key(ID_KIND, str(name))
    dated = fields.get("published") is not None or fields.get("status") == "draft"
    return Item(
        location=source.location,
        key=key,
        digest=digest,
        fields=fields,
        size=len(content),
        fallback_title=_title(str(name)) if name not in (None, "") else None,
        notes=() if dated else (NO_DATE,),
    )


def _parsed(content: bytes) -> object:
    """The JSON value of a line. Raises ValueError; its message continues a sentence that begins with "line"."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return _parsed_leniently(content, str(error))


def _parsed_leniently(content: bytes, reason: str) -> object:
    """As `_parsed`, but accepts lone surrogates, so that validation can report the field that has one."""
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start + 1:,}); JSON is always UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON: {reason}") from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _canonical(fields: dict[str, object]) -> bytes:
    """A canonical form: the same bytes for the same fields, whatever their order, white space and escapes."""
    try:
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # lone surrogates, and integers of more than 64 bits
        return json.dumps(fields, sort_keys=True).encode("ascii")


def _title(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")[:200]


def _unreadable(source: Source, field: str, message: str) -> Unreadable:
    return Unreadable(source.location, (Problem(field, message),))
