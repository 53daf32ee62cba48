"""What the writers give: a finished document and its address."""

from __future__ import annotations

from dataclasses import dataclass, field

from archive.lineage import Contents


@dataclass(frozen=True, slots=True)
class Document:
    """`path` is not percent-encoded; `media_type` as Content-Type says it. `contents` is known of live feeds."""

    path: str
    media_type: str
    body: bytes = field(repr=False)
    contents: Contents | None = field(default=None, repr=False)
