"""Stores finished documents in every content coding, with ETag and Last-Modified."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from archive.store.archive import Archive
from archive.store.changes import Lease
from archive.store.renditions import Rendition
from feeds.content_codings import codings, etag
from feeds.document import Document


def store_documents(
    archive: Archive, make: Callable[[], Sequence[Document]], lease: Lease, *, clock: Callable[[], datetime]
) -> int:
    """Store the documents whose bytes have changed, in one transaction. Returns their number.

    Raises LeaseLost if another worker has taken over."""
    position = archive.changes.head()  # read before the articles: each document is at least as new as this position
    documents = make()
    etags = archive.renditions.etags([document.path for document in documents])
    new = [document for document in documents if etags.get(document.path) != etag(document.body)]
    if not new:
        return 0
    modified = next_second(clock())
    renditions = [_rendition(document, modified=modified, position=position) for document in new]
    return len(archive.renditions.put(renditions, lease))


def next_second(instant: datetime) -> datetime:
    """The instant, rounded up to a whole second.

    It is sent as Last-Modified only once it has passed, so that two changes within a second never share a date."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)


def _rendition(document: Document, *, modified: datetime, position: int) -> Rendition:
    return Rendition(
        path=document.path,
        media_type=document.media_type,
        modified=modified,
        position=position,
        codings=codings(document.body),
        contents=document.contents,
    )
