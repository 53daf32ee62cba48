"""Finished documents as rows: one per document, one per coding of its bytes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from archive import lineage as lineages
from archive.lineage import Lineage, Version
from archive.sql.dialects import kind_of
from archive.sql.schema import changes, rendition_codings, renditions
from archive.store import ChangeKind, Coded, Rendition

_WITH_CODINGS = (
    select(
        renditions.c.media_type,
        renditions.c.modified,
        renditions.c.position,
        rendition_codings.c.coding,
        rendition_codings.c.etag,
        rendition_codings.c.body,
    )
    .join(rendition_codings, rendition_codings.c.path == renditions.c.path)
    .where(renditions.c.path == bindparam("path"))
)
_PRESENT = (
    select(
        renditions.c.path,
        renditions.c.position,
        renditions.c.media_type,
        rendition_codings.c.etag,
        renditions.c.lineage,
    )
    .join(rendition_codings, rendition_codings.c.path == renditions.c.path)
    .where(renditions.c.path == bindparam("path"), rendition_codings.c.coding == "identity")
)


def read(connection: Connection, path: str) -> Rendition | None:
    # In one statement, so that dates and bytes are of one build.
    rows = connection.execute(_WITH_CODINGS, {"path": path}).all()
    if not rows:
        return None
    return Rendition(
        path=path,
        media_type=rows[0].media_type,
        modified=rows[0].modified,
        position=rows[0].position,
        codings={row.coding: Coded(row.etag, bytes(row.body)) for row in rows},
    )


def etags(connection: Connection, paths: Sequence[str]) -> dict[str, str]:
    statement = select(rendition_codings.c.path, rendition_codings.c.etag).where(
        rendition_codings.c.path.in_(paths), rendition_codings.c.coding == "identity"
    )
    return {row.path: row.etag for row in connection.execute(statement)}


def put(connection: Connection, documents: Sequence[Rendition], *, seq: int) -> list[str]:
    """Store what is new, each with a log line after `seq`; the paths in the order of their lines."""
    changed = []
    for document in documents:
        old = connection.execute(_PRESENT, {"path": document.path}).one_or_none()
        if old is not None and old.position > document.position:
            continue
        if old is not None and old.etag == document.codings["identity"].etag and old.media_type == document.media_type:
            # As good as built anew: what was built before this position must not replace it either.
            position = {"position": document.position}
            connection.execute(update(renditions).where(renditions.c.path == document.path).values(position))
            continue
        seq += 1
        _replace(connection, document, _lineage(document, None if old is None else old.lineage, seq))
        line = {"seq": seq, "kind": ChangeKind.RENDITION.value, "subject": document.path, "revision": 0}
        connection.execute(insert(changes), {**line, "labels": [], "days": []})
        changed.append(document.path)
    return changed


def lineage(connection: Connection, path: str) -> Lineage | None:
    statement = select(renditions.c.lineage).where(renditions.c.path == path)
    stored = connection.execute(statement).scalar_one_or_none()
    return None if stored is None else lineages.from_bytes(stored)


def _lineage(document: Rendition, before: bytes | None, seq: int) -> bytes | None:
    if document.contents is None:
        return None
    version = Version(seq, tuple(coded.etag for coded in document.codings.values()))
    known = None if before is None else lineages.from_bytes(before)
    return lineages.to_bytes(lineages.follow(known, document.contents, version))


def _replace(connection: Connection, document: Rendition, lineage: bytes | None) -> None:
    values = {
        "media_type": document.media_type,
        "modified": document.modified,
        "position": document.position,
        "lineage": lineage,
    }
    upsert = kind_of(connection.dialect).upsert(renditions).values(path=document.path, **values)
    connection.execute(upsert.on_conflict_do_update(index_elements=["path"], set_=values))
    connection.execute(delete(rendition_codings).where(rendition_codings.c.path == document.path))
    connection.execute(
        insert(rendition_codings),
        [
            {"path": document.path, "coding": coding, "etag": coded.etag, "body": coded.body}
            for coding, coded in document.codings.items()
        ],
    )
