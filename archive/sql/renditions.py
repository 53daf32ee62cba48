"""Finished documents as rows: one per document, one per coding of its bytes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from archive.sql.dialects import kind_of
from archive.sql.schema import changes, rendition_codings, renditions
from archive.store import ChangeKind, Coded, Rendition


def read(connection: Connection, path: str) -> Rendition | None:
    row = connection.execute(select(renditions).where(renditions.c.path == path)).one_or_none()
    if row is None:
        return None
    codings = connection.execute(select(rendition_codings).where(rendition_codings.c.path == path))
    return Rendition(
        path=row.path,
        media_type=row.media_type,
        modified=row.modified,
        position=row.position,
        codings={coding.coding: Coded(coding.etag, bytes(coding.body)) for coding in codings},
    )


def etags(connection: Connection, paths: Sequence[str]) -> dict[str, str]:
    statement = select(rendition_codings.c.path, rendition_codings.c.etag).where(
        rendition_codings.c.path.in_(paths), rendition_codings.c.coding == "identity"
    )
    return {row.path: row.etag for row in connection.execute(statement)}


def put(connection: Connection, documents: Sequence[Rendition], *, seq: int) -> list[str]:
    """Store what is new, each with a log line after `seq`; the paths in the order of their lines."""
    paths = [document.path for document in documents]
    stored = {
        row.path: row
        for row in connection.execute(
            select(renditions.c.path, renditions.c.position, renditions.c.media_type, rendition_codings.c.etag)
            .join(rendition_codings, rendition_codings.c.path == renditions.c.path)
            .where(renditions.c.path.in_(paths), rendition_codings.c.coding == "identity")
        )
    }
    changed = []
    for document in documents:
        old = stored.get(document.path)
        if old is not None and old.position > document.position:
            continue
        if old is not None and old.etag == document.codings["identity"].etag and old.media_type == document.media_type:
            continue
        _replace(connection, document)
        seq += 1
        line = {"seq": seq, "kind": ChangeKind.RENDITION.value, "subject": document.path, "revision": 0}
        connection.execute(insert(changes), {**line, "labels": [], "days": []})
        changed.append(document.path)
    return changed


def _replace(connection: Connection, document: Rendition) -> None:
    values = {
        "media_type": document.media_type,
        "modified": document.modified,
        "position": document.position,
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
