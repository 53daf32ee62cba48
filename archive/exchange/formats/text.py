"""Plain text, one article per file. The first line may begin with `date YYYY-MM-DD`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from archive.exchange.item import FILE_KIND, Item, Undecodable, Unreadable, digest_of, origin_key
from archive.exchange.source_files import Source, decode
from archive.timestamps import rfc3339

NO_DATE: Final = "no date: used the file's modification date"

_DATE: Final = re.compile(
    r"\s*date:?[^\S\n]+"
    r"([0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?)(?![0-9])",
    re.IGNORECASE,
)


def read(source: Source) -> Iterator[Item | Unreadable]:
    """The item of a file. Raises READ_ERRORS and Undecodable."""
    content = source.read()
    try:
        text, notes = decode(content)
    except Undecodable as error:
        yield Unreadable(source.location, (error.problem,))
        return
    date = _DATE.match(text)
    fields: dict[str, object] = {"content_text": (text[date.end() :] if date else text).strip()}
    if date:
        fields["published"] = date[1]
    yield Item(
        location=source.location,
        key=origin_key(FILE_KIND, source.real_path),
        digest=digest_of(content),
        fields=fields,
        size=len(content),
        fallback_title=source.stem,
        fallback_published=None if date else rfc3339(source.modified),
        notes=notes if date else (*notes, NO_DATE),
    )
